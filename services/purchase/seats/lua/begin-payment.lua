-- Lets checkout take the payment for a hold: until the end of a lease it cannot expire, and nobody else can change or confirm it.
-- Beginning again, with the same attempt or a newer one, renews the lease.
--
-- Each command has a holdId, the number of the attempt to pay, and leaseMs.
--
-- REPLY HELD, end of the lease (ms), order, hold id
-- REPLY NO_INVENTORY
-- REPLY HOLD_NOT_FOUND
-- REPLY HOLD_CONFIRMED: it became an order
-- REPLY PAYMENT_OUTDATED: there was a newer attempt, or this one was ended
-- REPLY HOLD_EXPIRED
-- REPLY SALE_PAUSED
-- REPLY SALE_CLOSED: the event is cancelled
-- COST O(1)
-- INCLUDE ../../../shared/inventory/lua/lib/lineage.lua
-- INCLUDE ../../../shared/inventory/lua/lib/event.lua
-- INCLUDE ../../../shared/inventory/lua/lib/seats.lua
-- INCLUDE lib/tallies.lua
-- INCLUDE lib/holds.lua

local function decide(command)
  local inventory = event.inventory
  if not inventory then return { 'NO_INVENTORY' } end
  local holdId, attempt = command.holdId, command.attempt
  local hold = holds.read(holdId)
  if not hold then return { 'HOLD_NOT_FOUND' } end
  if hold.state == 'sold' then return { 'HOLD_CONFIRMED' } end
  if holds.is_outdated(hold, attempt) then return { 'PAYMENT_OUTDATED' } end
  if hold.state == 'expired' or holds.is_overdue(holdId) then return { 'HOLD_EXPIRED' } end
  if not inventory.mayConfirm then return { inventory.isPaused and 'SALE_PAUSED' or 'SALE_CLOSED' } end

  hold.attempt = attempt
  local leaseUntil = event.now + command.leaseMs
  holds.keep(holdId, cjson.encode(hold), leaseUntil)
  return event.with_order('HELD', leaseUntil, cjson.encode(hold.order), '"' .. holdId .. '"')
end

return event.run(decide)
