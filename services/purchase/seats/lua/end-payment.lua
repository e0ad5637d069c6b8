-- Ends the payment for a hold without an order. Its seats are free immediately, and neither this attempt nor an older one can confirm
-- it any more, however late that request arrives.
--
-- Each command has a holdId, the number of the attempt to pay, and the orderId of the hold, if it is known.
--
-- REPLY ENDED: or the hold had ended before, was never there, or was sold by somebody else
-- REPLY NO_INVENTORY
-- REPLY HOLD_CONFIRMED: it became an order that was paid through checkout
-- REPLY PAYMENT_OUTDATED: a newer attempt has begun; nothing was changed
-- COST O(tickets)
-- INCLUDE ../../../shared/inventory/lua/lib/lineage.lua
-- INCLUDE ../../../shared/inventory/lua/lib/event.lua
-- INCLUDE ../../../shared/inventory/lua/lib/seats.lua
-- INCLUDE lib/tallies.lua
-- INCLUDE lib/holds.lua

local function decide(command)
  if not event.inventory then return { 'NO_INVENTORY' } end
  local holdId, attempt = command.holdId, command.attempt
  local hold = holds.read(holdId)
  if not hold or hold.state == 'sold' then
    local orderId = hold and hold.orderId or command.orderId
    return { orderId and holds.order_paid(orderId) and 'HOLD_CONFIRMED' or 'ENDED' }
  end
  local isOver = hold.state == 'expired' or holds.is_overdue(holdId)
  if not isOver and holds.is_outdated(hold, attempt) then return { 'PAYMENT_OUTDATED' } end

  hold.attempt = math.max(hold.attempt or 0, attempt + 1)
  if hold.state == 'held' then
    holds.expire(holdId, hold)
  else
    holds.keep(holdId, cjson.encode(hold), holds.deadline_of(holdId))
  end
  return { 'ENDED' }
end

return event.run(decide)
