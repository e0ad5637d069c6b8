-- Holds. A hold is JSON, { state, order }: 'held' until its deadline, then 'expired' (its seats are free again) or 'sold'; one that
-- is over stays for a while, so that it can still be confirmed, or confirmed again, and then is forgotten.
-- What a hold promises is its deadline and no timer's: whoever needs seats first frees those of the holds that are overdue.

local overMs = 3600 * 1000

local function hold_of(holdId)
  local json = redis.call('HGET', key.holds, holdId)
  return json and cjson.decode(json)
end

local function keep_hold(holdId, json, deadline)
  redis.call('HSET', key.holds, holdId, json)
  redis.call('ZADD', key.deadlines, deadline, holdId)
end

local function forget_hold(holdId)
  redis.call('HDEL', key.holds, holdId)
  redis.call('ZREM', key.deadlines, holdId)
end

local function is_overdue(holdId) return tonumber(redis.call('ZSCORE', key.deadlines, holdId)) <= now end

local function expire_hold(holdId, hold)
  move(hold.order.buyerId, places_of(hold.order.tickets), 'held', 'free')
  hold.state = 'expired'
  keep_hold(holdId, cjson.encode(hold), now + overMs)
end

local mayBeMore

-- Ends up to 50 holds that are overdue, the oldest first, once in a call; gives whether there may be more of them.
local function expire_holds()
  if mayBeMore ~= nil then return mayBeMore end
  local overdue = redis.call('ZRANGE', key.deadlines, '-inf', now, 'BYSCORE', 'LIMIT', 0, 50)
  for _, holdId in ipairs(overdue) do
    local hold = hold_of(holdId)
    if hold and hold.state == 'held' then expire_hold(holdId, hold) else forget_hold(holdId) end
  end
  mayBeMore = #overdue == 50
  return mayBeMore
end
