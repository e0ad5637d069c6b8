-- A zone as it is now: id, its field of the inventory ("" where there is none), version of its last change, sold, held, and the
-- bytes of its seats, which may end early: what is not there is free.
local function read_zone(zoneId)
  local field = redis.call('HGET', KEYS[1], 'zone:' .. zoneId) or ''
  local version, sold, held =
    unpack(redis.call('HMGET', KEYS[2], 'version:' .. zoneId, 'sold:' .. zoneId, 'held:' .. zoneId))
  local rows, columns, firstByte = string.match(field, '^(%d+):(%d+):%d+:%d+:(%d+):')
  local bytes = ''
  if rows and rows ~= '0' then
    bytes = redis.call('GETRANGE', KEYS[3], firstByte, firstByte + rows * math.ceil(columns / 8) - 1)
  end
  return { tonumber(zoneId), field, tonumber(version or 0), tonumber(sold or 0), tonumber(held or 0), bytes }
end
