-- Holds. A hold is JSON, { state, order }: 'held' until its deadline, then 'expired' (its seats are free again) or 'sold'. It is kept
-- for an hour after that, so that it can still be confirmed, or confirmed again, and then deleted. While it is 'held' it also has its
-- `client`, if that client's holds are limited (tallies.lua).
-- If its payment was begun, it has `attempt`, the least number of an attempt to pay that may still confirm it: the newest, or the next
-- one after a payment was ended. While it is 'held' it is then being paid, and its deadline is the end of that payment's lease. From
-- then on only checkout can confirm it, whatever becomes of it: a buyer could otherwise get it without paying, or pay twice.
-- A hold ends at its deadline, not when a timer notices: a command that needs seats first frees those of overdue holds.
--
-- USES event, seats, tallies
-- FILLS changes.holds, changes.deadlines
-- RETURNS overMs, read, keep, forget, deadline_of, is_overdue, is_being_paid, is_outdated, order_paid, let_go, give_back, expire,
--         expire_overdue

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

local function deadline_of(holdId)
  local deadline = changes.deadlines[holdId]
  if deadline == nil then deadline = tonumber(redis.call('ZSCORE', key.deadlines, holdId)) end
  return deadline or 0
end

local function is_overdue(holdId) return deadline_of(holdId) <= event.now end

-- Whether checkout is taking the payment for a hold, so that nobody else may change it.
local function is_being_paid(holdId, hold) return hold.state == 'held' and hold.attempt and not is_overdue(holdId) end

-- Whether there was a newer attempt to pay a hold, or this one was ended: then a delayed request must change nothing.
local function is_outdated(hold, attempt) return hold.attempt and attempt < hold.attempt end

-- When an order was sold (ms), and the order as JSON; nil if there is none, or it was not paid through checkout.
local function order_paid(orderId)
  local soldAt, json = seats.order_of(orderId)
  if soldAt and cjson.decode(json).paidBy == 'checkout' then return soldAt, json end
end

-- Its client no longer holds some of a hold's tickets; `rest`: those that it keeps.
local function let_go(hold, tickets, rest)
  if not hold.client then return end
  tallies.add_held(hold.client, #rest == 0 and -1 or 0, -#tickets)
  if #rest == 0 then hold.client = nil end
end

-- Frees the places of some of a hold's tickets; `rest`: those that it keeps.
local function give_back(hold, tickets, rest)
  local buyerId = hold.order.buyerId
  seats.move(buyerId, seats.places_of(tickets), 'held', 'free')
  tallies.give_back(tickets, rest, buyerId)
  let_go(hold, tickets, rest)
end

local function expire(holdId, hold)
  give_back(hold, hold.order.tickets, {})
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
  deadline_of = deadline_of,
  is_overdue = is_overdue,
  is_being_paid = is_being_paid,
  is_outdated = is_outdated,
  order_paid = order_paid,
  let_go = let_go,
  give_back = give_back,
  expire = expire,
  expire_overdue = expire_overdue,
}
