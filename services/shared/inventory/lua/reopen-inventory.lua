-- Puts a rebuilt inventory in place, in the event's state, unless another rebuild began meanwhile. It is one step, so that nothing is
-- sold from half of it.
--
-- KEYS[1] inventory: hash
-- KEYS[2] rebuilding: hash, the inventory until it is complete
-- KEYS[3] counts: hash
-- ARGV[1] id of this rebuild
-- ARGV[2] the counts, JSON: { field: number, … }
-- ARGV[3] the event's state: 'paused' or 'closed', or '' if it sells
-- REPLY REOPENED
-- REPLY SUPERSEDED: nothing was changed
-- COST O(zones)

if redis.call('HGET', KEYS[2], 'rebuild') ~= ARGV[1] then return 'SUPERSEDED' end
local counts = cjson.decode(ARGV[2])
-- Until now the old counts recorded the last sequence number. The one value that is not a number is a note (open-inventory.lua).
local flat = redis.call('HGETALL', KEYS[3])
for i = 1, #flat, 2 do
  if not counts[flat[i]] and tonumber(flat[i + 1]) then redis.call('HDEL', KEYS[3], flat[i]) end
end
for field, number in pairs(counts) do
  redis.call('HSET', KEYS[3], field, string.format('%d', number))
end
redis.call('HDEL', KEYS[2], 'rebuild')
-- No hold is left to confirm.
if ARGV[3] ~= '' then redis.call('HSET', KEYS[2], 'state', ARGV[3], 'confirmWhilePaused', '') end
redis.call('RENAME', KEYS[2], KEYS[1])
return 'REOPENED'
