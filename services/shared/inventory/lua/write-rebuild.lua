-- Writes a part of a rebuilt inventory, unless another rebuild began meanwhile; what that one has put on sale stays as it is.
--
-- KEYS[1] rebuilding: hash
-- KEYS[2] taken: bitmap
-- KEYS[3] blocked: bitmap
-- KEYS[4] runs: string
-- KEYS[5] orders: hash
-- KEYS[6] holds: hash
-- KEYS[7] deadlines: sorted set
-- KEYS[8] buyers: hash
-- KEYS[9] tallies: hash
-- ARGV[1] id of this rebuild
-- ARGV[2] the part: 'nothing' to remove everything first, 'orders', 'buyers', 'tallies', 'taken' or 'blocked'
-- ARGV[3…] fields and values of orders, buyers or tallies, a thousand or so; or the bytes of the taken or blocked seats
-- REPLY WRITTEN
-- REPLY SUPERSEDED: nothing was changed
-- COST O(fields); for 'nothing', Redis frees the old keys in the background

local part = { unpack(ARGV, 3) }

if redis.call('HGET', KEYS[1], 'rebuild') ~= ARGV[1] then return 'SUPERSEDED' end
if ARGV[2] == 'nothing' then
  redis.call('UNLINK', KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6], KEYS[7], KEYS[8], KEYS[9])
elseif ARGV[2] == 'orders' then
  redis.call('HSET', KEYS[5], unpack(part))
elseif ARGV[2] == 'buyers' then
  redis.call('HSET', KEYS[8], unpack(part))
elseif ARGV[2] == 'tallies' then
  redis.call('HSET', KEYS[9], unpack(part))
elseif ARGV[2] == 'taken' then
  redis.call('SET', KEYS[2], part[1])
else
  redis.call('SET', KEYS[3], part[1])
end
return 'WRITTEN'
