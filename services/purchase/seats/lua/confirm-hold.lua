-- Turns a hold into an order; an expired one too, if its seats are still free. Confirming again returns the same order.
--
-- Each command has
--   holdId
--   attempt?, orderId?  if checkout confirms it: the number of the attempt to pay, and the order of the hold
--   paidBy?             how a seller says that it was paid
--   isSeller?           true if the caller may sell
--
-- REPLY SOLD, time (ms), order
-- REPLY SOLD_BEFORE, time (ms), order: it was already confirmed
-- REPLY AGAIN: the work allowed in one call was not enough to decide
-- REPLY NO_INVENTORY
-- REPLY HOLD_NOT_FOUND
-- REPLY HOLD_CONFIRMED: to checkout, somebody else confirmed it
-- REPLY PAYMENT_OUTDATED: there was a newer attempt, or this one was ended
-- REPLY HOLD_BEING_PAID: only checkout can confirm it
-- REPLY PAYMENT_REQUIRED: the event sells through checkout only
-- REPLY PAID_BY_REQUIRED: the event must be paid, and the seller did not say how
-- REPLY HOLD_EXPIRED: and not all of its seats are free, or its payment had begun and only checkout could confirm it
-- REPLY SALE_PAUSED
-- REPLY SALE_CLOSED: and it had expired, or the event is cancelled
-- COST O(tickets + overdue holds, at most 50)
-- INCLUDE ../../../shared/inventory/lua/lib/lineage.lua
-- INCLUDE ../../../shared/inventory/lua/lib/event.lua
-- INCLUDE ../../../shared/inventory/lua/lib/seats.lua
-- INCLUDE lib/tallies.lua
-- INCLUDE lib/holds.lua

-- The reply about a hold that is sold or forgotten.
local function reply_without(hold, command)
  local orderId, soldAt, json = hold and hold.orderId or command.orderId, nil, nil
  if command.attempt then
    soldAt, json = holds.order_paid(orderId)
    if hold and not soldAt then return { 'HOLD_CONFIRMED' } end
    if hold and holds.is_outdated(hold, command.attempt) then return { 'PAYMENT_OUTDATED' } end
  elseif hold then
    soldAt, json = seats.order_of(orderId)
  end
  return soldAt and event.final(event.with_order('SOLD_BEFORE', soldAt, json)) or { 'HOLD_NOT_FOUND' }
end

-- The refusal if nobody but checkout may confirm a hold, or only with what this command lacks.
local function not_without_checkout(holdId, hold, command)
  if holds.is_being_paid(holdId, hold) then return { 'HOLD_BEING_PAID' } end
  if hold.attempt then return event.final({ 'HOLD_EXPIRED' }) end
  if not event.inventory.needsPayment or command.paidBy then return nil end
  return { command.isSeller and 'PAID_BY_REQUIRED' or 'PAYMENT_REQUIRED' }
end

local function decide(command)
  if not event.inventory then return { 'NO_INVENTORY' } end
  local holdId, attempt = command.holdId, command.attempt
  local hold = holds.read(holdId)
  if not hold or hold.state == 'sold' then return reply_without(hold, command) end

  local order, inventory = hold.order, event.inventory
  if attempt and holds.is_outdated(hold, attempt) then return { 'PAYMENT_OUTDATED' } end
  if not inventory.mayConfirm then return { inventory.isPaused and 'SALE_PAUSED' or 'SALE_CLOSED' } end
  local notNow = not attempt and not_without_checkout(holdId, hold, command)
  if notNow then return notNow end
  local from = 'held'
  -- An overdue hold counts as expired, even if nothing has ended it yet.
  if hold.state == 'held' and holds.is_overdue(holdId) then holds.expire(holdId, hold) end
  if hold.state == 'expired' then
    -- It takes its seats again, like a new buyer.
    if inventory.isPaused then return { 'SALE_PAUSED' } end
    if inventory.isClosed then return { 'SALE_CLOSED' } end
    from = 'free'
    local mayBeMore = holds.expire_overdue()
    local limit = inventory.ticketsPerBuyer
    -- A hold from before the event had a limit may name no buyer. It cannot be counted, so it cannot be confirmed.
    local isNobody = limit > 0 and not order.buyerId
    local refusal = isNobody and { 'HOLD_EXPIRED' } or seats.over_limit(limit, order.buyerId, #order.tickets)
    local wanted = {}
    for _, ticket in ipairs(order.tickets) do
      local zone = event.zone_of(ticket.zoneId)
      wanted[ticket.zoneId] = (wanted[ticket.zoneId] or 0) + 1
      local bit = seats.bit_of_ticket(ticket)
      -- A zone that had no seats may have some now, and the other way round.
      local isGone = not zone
        or (zone.rows > 0) ~= (ticket.row ~= nil)
        or (ticket.row and not bit)
        or (bit and seats.is_taken(bit))
        or seats.available(zone) < wanted[ticket.zoneId]
      if isGone then refusal = { 'HOLD_EXPIRED' } end
    end
    refusal = refusal or tallies.recheck(order.tickets, order.buyerId)
    if refusal then return mayBeMore and { 'AGAIN' } or event.final(refusal) end
  end

  order.paidBy = attempt and 'checkout' or command.paidBy
  local json = seats.sell(order.orderId, order.buyerId, seats.places_of(order.tickets), cjson.encode(order), from)
  holds.let_go(hold, order.tickets, {})
  holds.keep(holdId, cjson.encode({ state = 'sold', orderId = order.orderId, attempt = attempt }), event.now + holds.overMs)
  return event.final(event.with_order('SOLD', event.now, json))
end

return event.run(decide)
