-- Takes an event off sale, for a rebuild to make its inventory anew. Another rebuild that is at work can change nothing from here on.
--
-- KEYS[1] inventory: hash
-- KEYS[2] rebuilding: hash, the inventory until it is whole, and which rebuild makes it
-- ARGV[1] which rebuild this is
-- REPLY BEGUN
-- COST O(zones), beside selling

redis.call('UNLINK', KEYS[1])
redis.call('UNLINK', KEYS[2])
redis.call('HSET', KEYS[2], 'rebuild', ARGV[1])
return 'BEGUN'
