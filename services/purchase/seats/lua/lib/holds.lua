-- Holds. A hold is JSON, { state, order }: 'held' until its deadline, then 'expired' (its seats are free again) or 'sold'. It is kept
-- for an hour after that, so that it can still be confirmed, or confirmed again, and then deleted.
-- A hold ends at its deadline, not when a timer notices: a command that needs seats first frees those of overdue holds.
--
-- USES event, seats
-- FILLS changes.holds, changes.deadlines
-- RETURNS overMs, read, keep, forget, is_overdue, expire, expire_overdue

local key, changes = event.key, event.changes

local overMs = 3600 * 1000

local function read(holdId)
  local json = changes.holds[holdId]
  if json == nil then json = redis.call('HGET', key.holds, holdId) end
  return json and cjson.decode(json)
end

local function keep(holdId, json, deadline)
  changes.holds[holdId] = json
  changes.deadlines[holdId] = deadline
end

local function forget(holdId)
  changes.holds[holdId] = false
  changes.deadlines[holdId] = false
end

local function is_overdue(holdId)
  local deadline = changes.deadlines[holdId]
  if deadline == nil then deadline = tonumber(redis.call('ZSCORE', key.deadlines, holdId)) end
  return (deadline or 0) <= event.now
end

local function expire(holdId, hold)
  seats.move(hold.order.buyerId, seats.places_of(hold.order.tickets), 'held', 'free')
  hold.state = 'expired'
  keep(holdId, cjson.encode(hold), event.now + overMs)
end

local mayBeMore

-- Ends up to 50 overdue holds, the oldest first, once in a call. Returns whether there may be more of them.
local function expire_overdue()
  if mayBeMore ~= nil then return mayBeMore end
  local overdue = redis.call('ZRANGE', key.deadlines, '-inf', event.now, 'BYSCORE', 'LIMIT', 0, 50)
  for _, holdId in ipairs(overdue) do
    -- Skips those that an earlier command of this call has changed.
    if changes.deadlines[holdId] == nil then
      local hold = read(holdId)
      if hold and hold.state == 'held' then expire(holdId, hold) else forget(holdId) end
    end
  end
  mayBeMore = #overdue == 50
  return mayBeMore
end

return {
  overMs = overMs,
  read = read,
  keep = keep,
  forget = forget,
  is_overdue = is_overdue,
  expire = expire,
  expire_overdue = expire_overdue,
}
