-- Reads how full an event's zones are; writes nothing. A transaction would do as well, but for a Redis that is full.
--
-- KEYS[1] inventory: hash
-- KEYS[2] counts: hash
-- REPLY NO_INVENTORY
-- REPLY COUNTS, inventory, counts
-- COST O(zones)

if redis.call('EXISTS', KEYS[1]) == 0 then return { 'NO_INVENTORY' } end
return { 'COUNTS', redis.call('HGETALL', KEYS[1]), redis.call('HGETALL', KEYS[2]) }
