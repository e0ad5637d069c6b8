-- Deletes the consumers of relays that have ended: those in an outbox's group that have nothing pending and were not seen for a while.
-- It is one step because deleting a consumer drops its pending entries, which would never be delivered again.
--
-- KEYS[1] outbox: stream
-- ARGV[1] the group
-- ARGV[2] how long a consumer must not have been seen (ms)
-- REPLY DROPPED, number of consumers
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
