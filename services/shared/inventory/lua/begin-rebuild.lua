-- Takes an event off sale so that its inventory can be rebuilt. A rebuild that is already running can change nothing from now on.
--
-- KEYS[1] inventory: hash
-- KEYS[2] rebuilding: hash, the inventory until it is complete, and the id of its rebuild
-- ARGV[1] id of this rebuild
-- REPLY BEGUN
-- COST O(zones), freed in the background

redis.call('UNLINK', KEYS[1])
redis.call('UNLINK', KEYS[2])
redis.call('HSET', KEYS[2], 'rebuild', ARGV[1])
return 'BEGUN'
