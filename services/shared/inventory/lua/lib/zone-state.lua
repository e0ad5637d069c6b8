-- Reads one zone of an event for the seat map.
--
-- RETURNS read

-- A zone's current state: its id, inventory field ("" if there is none), version of its last change, sold, held, and the
-- bytes of its seats. The bytes may end early; seats beyond their end are free.
local function read(zoneId)
  local field = redis.call('HGET', KEYS[1], 'zone:' .. zoneId) or ''
  local version, sold, held =
    unpack(redis.call('HMGET', KEYS[2], 'version:' .. zoneId, 'sold:' .. zoneId, 'held:' .. zoneId))
  local zone = field ~= '' and cjson.decode(field)
  local bytes = ''
  if zone and zone.rows > 0 then
    local lastByte = zone.firstByte + zone.rows * math.ceil(zone.columns / 8) - 1
    bytes = redis.call('GETRANGE', KEYS[3], zone.firstByte, lastByte)
  end
  return { tonumber(zoneId), field, tonumber(version or 0), tonumber(sold or 0), tonumber(held or 0), bytes }
end

return { read = read }
