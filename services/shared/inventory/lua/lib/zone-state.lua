-- Reads one zone of an event for the seat map.
--
-- RETURNS read

-- A zone's current state: its id, version of its last change, sold, held, blocked, and the bytes of its taken and its blocked seats.
-- The bytes may end early: the rest are 0. A zone that the inventory lacks has none.
local function read(zoneId)
  local field = redis.call('HGET', KEYS[1], 'zone:' .. zoneId)
  local version, sold, held, blocked = unpack(
    redis.call('HMGET', KEYS[2], 'version:' .. zoneId, 'sold:' .. zoneId, 'held:' .. zoneId, 'blocked:' .. zoneId)
  )
  local zone = field and cjson.decode(field)
  local takenBytes, blockedBytes = '', ''
  if zone and zone.rows > 0 then
    local lastByte = zone.firstByte + zone.rows * math.ceil(zone.columns / 8) - 1
    takenBytes = redis.call('GETRANGE', KEYS[3], zone.firstByte, lastByte)
    blockedBytes = redis.call('GETRANGE', KEYS[4], zone.firstByte, lastByte)
  end
  return {
    tonumber(zoneId), tonumber(version or 0), tonumber(sold or 0), tonumber(held or 0), tonumber(blocked or 0), takenBytes,
    blockedBytes
  }
end

return { read = read }
