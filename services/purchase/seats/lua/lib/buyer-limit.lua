-- Nil if a buyer may have so many more tickets (`limit` in all, 0 for any number), else the reply that says so.
--
-- REPLY BUYER_LIMIT_REACHED, limit, what the buyer has or holds
local function over_limit(limit, buyerId, number)
  if limit == 0 then return nil end
  local has = tonumber(redis.call('HGET', key.buyers, buyerId) or 0) + (changes.buyers[buyerId] or 0)
  if has + number > limit then return { 'BUYER_LIMIT_REACHED', limit, has } end
end
