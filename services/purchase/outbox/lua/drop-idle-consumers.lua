-- Deletes those consumers of an outbox's group that have nothing pending and were not seen for a while: of relays that have ended. It
-- is one step because a consumer's pending entries go with it, and would never be delivered again.
--
-- KEYS[1] outbox: stream
-- ARGV[1] the group
-- ARGV[2] how long a consumer was not seen (ms)
-- REPLY DROPPED, how many
-- COST O(consumers)

local dropped = 0
for _, flat in ipairs(redis.call('XINFO', 'CONSUMERS', KEYS[1], ARGV[1])) do
  local consumer = {}
  for at = 1, #flat, 2 do consumer[flat[at]] = flat[at + 1] end
  if consumer.pending == 0 and consumer.idle >= tonumber(ARGV[2]) then
    redis.call('XGROUP', 'DELCONSUMER', KEYS[1], ARGV[1], consumer.name)
    dropped = dropped + 1
  end
end
return { 'DROPPED', dropped }
