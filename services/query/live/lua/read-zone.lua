-- Reads the seats of one zone; writes nothing.
--
-- KEYS[1] inventory: hash
-- KEYS[2] counts: hash
-- KEYS[3] taken: bitmap
-- ARGV[1] zone id
-- REPLY NO_INVENTORY
-- REPLY ZONE_NOT_FOUND
-- REPLY ZONE, zone (lib/zone.lua)
-- COST O(seats of the zone)
-- INCLUDE zone

if redis.call('EXISTS', KEYS[1]) == 0 then return { 'NO_INVENTORY' } end
if redis.call('HEXISTS', KEYS[1], 'zone:' .. ARGV[1]) == 0 then return { 'ZONE_NOT_FOUND' } end
return { 'ZONE', read_zone(ARGV[1]) }
