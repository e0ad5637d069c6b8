-- Holds. A hold is JSON, { state, order }: 'held' until its deadline, then 'expired' (its seats are free again) or 'sold'. It is kept
-- for an hour after that, so that it can still be confirmed, or confirmed again, and then deleted.
-- A hold ends at its deadline, not when a timer notices: a command that needs seats first frees those of overdue holds.

local overMs = 3600 * 1000

local function hold_of(holdId)
  local json = changes.holds[holdId]
  if json == nil then json = redis.call('HGET', key.holds, holdId) end
  return json and cjson.decode(json)
end

local function keep_hold(holdId, json, deadline)
  changes.holds[holdId] = json
  changes.deadlines[holdId] = deadline
end

local function forget_hold(holdId)
  changes.holds[holdId] = false
  changes.deadlines[holdId] = false
end

local function is_overdue(holdId)
  local deadline = changes.deadlines[holdId]
  if deadline == nil then deadline = tonumber(redis.call('ZSCORE', key.deadlines, holdId)) end
  return (deadline or 0) <= now
end

local function expire_hold(holdId, hold)
  move(hold.order.buyerId, places_of(hold.order.tickets), 'held', 'free')
  hold.state = 'expired'
  keep_hold(holdId, cjson.encode(hold), now + overMs)
end

local mayBeMore

-- Ends up to 50 overdue holds, the oldest first, once in a call. Returns whether there may be more of them.
local function expire_holds()
  if mayBeMore ~= nil then return mayBeMore end
  local overdue = redis.call('ZRANGE', key.deadlines, '-inf', now, 'BYSCORE', 'LIMIT', 0, 50)
  for _, holdId in ipairs(overdue) do
    -- Skips those that an earlier command of this call has changed.
    if changes.deadlines[holdId] == nil then
      local hold = hold_of(holdId)
      if hold and hold.state == 'held' then expire_hold(holdId, hold) else forget_hold(holdId) end
    end
  end
  mayBeMore = #overdue == 50
  return mayBeMore
end
