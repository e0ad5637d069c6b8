-- Writes a part of a rebuilt inventory, unless another rebuild began meanwhile; what that one has put on sale stays as it is.
--
-- KEYS[1] rebuilding: hash
-- KEYS[2] taken: bitmap
-- KEYS[3] runs: string
-- KEYS[4] orders: hash
-- KEYS[5] holds: hash
-- KEYS[6] deadlines: sorted set
-- KEYS[7] buyers: hash
-- ARGV[1] id of this rebuild
-- ARGV[2] the part: 'nothing' to remove everything first, 'orders', 'buyers', or 'taken'
-- ARGV[3…] fields and values of orders or buyers, a thousand or so; or the bytes of the taken seats
-- REPLY WRITTEN
-- REPLY SUPERSEDED: nothing was changed
-- COST O(fields); for 'nothing', Redis frees the old keys in the background

local part = { unpack(ARGV, 3) }

if redis.call('HGET', KEYS[1], 'rebuild') ~= ARGV[1] then return 'SUPERSEDED' end
if ARGV[2] == 'nothing' then
  redis.call('UNLINK', KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6], KEYS[7])
elseif ARGV[2] == 'orders' then
  redis.call('HSET', KEYS[4], unpack(part))
elseif ARGV[2] == 'buyers' then
  redis.call('HSET', KEYS[7], unpack(part))
else
  redis.call('SET', KEYS[2], part[1])
end
return 'WRITTEN'
