-- Reads an event's seats, or only those of the zones that changed since a version. Writes nothing.
--
-- KEYS[1] inventory: hash
-- KEYS[2] counts: hash
-- KEYS[3] taken: bitmap
-- KEYS[4] blocked: bitmap
-- ARGV[1] the known revision of the inventory, or ''
-- ARGV[2] the known version, or -1
-- REPLY NO_INVENTORY
-- REPLY UNCHANGED
-- REPLY ALL, version, inventory, counts, taken, blocked: if no version is known, or one later than the current version, or another
--       revision, because layouts may have changed
-- REPLY CHANGED, version, zone (lib/zone-state.lua), …
-- COST O(1) if nothing changed; else O(zones + seats of the zones that changed)
-- INCLUDE lib/zone-state.lua

if redis.call('EXISTS', KEYS[1]) == 0 then return { 'NO_INVENTORY' } end

local version, known = tonumber(redis.call('HGET', KEYS[2], 'version') or 0), tonumber(ARGV[2])
local isOther = (redis.call('HGET', KEYS[1], 'revision') or '') ~= ARGV[1]
if version == known and not isOther then return { 'UNCHANGED' } end
if known < 0 or version < known or isOther then
  return {
    'ALL', version, redis.call('HGETALL', KEYS[1]), redis.call('HGETALL', KEYS[2]), redis.call('GET', KEYS[3]) or '',
    redis.call('GET', KEYS[4]) or ''
  }
end

local reply = { 'CHANGED', version }
local counts = redis.call('HGETALL', KEYS[2])
for i = 1, #counts, 2 do
  local zoneId = string.match(counts[i], '^version:(%d+)$')
  if zoneId and tonumber(counts[i + 1]) > known then reply[#reply + 1] = zone_state.read(zoneId) end
end
return reply
