-- Pauses, resumes, closes or archives an event's inventory. Nothing else changes: every command reads the state when it is decided.
--
-- KEYS[1] inventory: hash
-- KEYS[2] counts: hash
-- ARGV[1] the new state: '' while it sells, 'paused', 'closed' or 'archived'
-- ARGV[2] whether holds may be confirmed: while the event is paused, '1' or ''; when it is closed, '' or 'never', which stays
-- ARGV[3] the last sequence number that is proven to be in MySQL, needed to archive; else ''
-- REPLY CHANGED
-- REPLY UNCHANGED
-- REPLY REFUSED, state: this one does not lead to the new one; nothing was changed
-- REPLY BUSY, sequence, held: to archive, the sequence must be the proven one and no ticket may be held; nothing was changed
-- REPLY NO_INVENTORY
-- COST O(1), or O(zones) to archive

local following = {
  [''] = { [''] = true, paused = true, closed = true },
  paused = { [''] = true, paused = true, closed = true },
  closed = { closed = true, archived = true },
  archived = { archived = true },
}

local venueId, state, confirms = unpack(redis.call('HMGET', KEYS[1], 'venueId', 'state', 'confirmWhilePaused'))
if not venueId then return { 'NO_INVENTORY' } end
state = state or ''
if not following[state][ARGV[1]] then return { 'REFUSED', state } end

if ARGV[1] == 'archived' then
  local sequence, held = '0', 0
  local counts = redis.call('HGETALL', KEYS[2])
  for i = 1, #counts, 2 do
    if counts[i] == 'sequence' then sequence = counts[i + 1] end
    if string.match(counts[i], '^held:') then held = held + tonumber(counts[i + 1]) end
  end
  if sequence ~= ARGV[3] or held > 0 then return { 'BUSY', tonumber(sequence), held } end
end

confirms = confirms or ''
local isNews = (state == 'paused' and confirms ~= ARGV[2]) or (ARGV[2] == 'never' and confirms ~= 'never')
local isSame = state == ARGV[1] and not isNews
if isSame then return { 'UNCHANGED' } end
if ARGV[1] == '' then
  redis.call('HDEL', KEYS[1], 'state', 'confirmWhilePaused')
else
  redis.call('HSET', KEYS[1], 'state', ARGV[1], 'confirmWhilePaused', ARGV[2])
end
return { 'CHANGED' }
