-- Returns nil if a buyer may have `number` more tickets (`limit` in all, 0 for no limit), otherwise the refusal.
--
-- REPLY BUYER_LIMIT_REACHED, limit, what the buyer has or holds
local function over_limit(limit, buyerId, number)
  if limit == 0 then return nil end
  local has = tonumber(redis.call('HGET', key.buyers, buyerId) or 0) + (changes.buyers[buyerId] or 0)
  if has + number > limit then return { 'BUYER_LIMIT_REACHED', limit, has } end
end
