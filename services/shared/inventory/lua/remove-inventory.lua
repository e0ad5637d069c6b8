-- Removes the inventory of an archived event. Nothing can be read or decided without it.
--
-- KEYS[1] inventory: hash
-- REPLY REMOVED: or there was none
-- REPLY REFUSED: it is not archived; nothing was changed
-- COST O(zones), freed in the background

local isThere = redis.call('EXISTS', KEYS[1]) == 1
if isThere and redis.call('HGET', KEYS[1], 'state') ~= 'archived' then return 'REFUSED' end
redis.call('UNLINK', KEYS[1])
return 'REMOVED'
