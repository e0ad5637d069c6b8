-- Releases a hold; its seats are free immediately.
--
-- Each command has a holdId.
--
-- REPLY RELEASED
-- REPLY NO_INVENTORY
-- REPLY HOLD_NOT_FOUND
-- REPLY HOLD_CONFIRMED: it became an order
-- REPLY HOLD_BEING_PAID
-- COST O(tickets)
-- INCLUDE ../../../shared/inventory/lua/lib/lineage.lua
-- INCLUDE ../../../shared/inventory/lua/lib/event.lua
-- INCLUDE ../../../shared/inventory/lua/lib/seats.lua
-- INCLUDE lib/tallies.lua
-- INCLUDE lib/holds.lua

local function decide(command)
  if not event.inventory then return { 'NO_INVENTORY' } end
  local holdId = command.holdId
  local hold = holds.read(holdId)
  if not hold then return { 'HOLD_NOT_FOUND' } end
  if hold.state == 'sold' then return { 'HOLD_CONFIRMED' } end
  if holds.is_being_paid(holdId, hold) then return { 'HOLD_BEING_PAID' } end
  if hold.state == 'held' then holds.give_back(hold, hold.order.tickets, {}) end
  holds.forget(holdId)
  return { 'RELEASED' }
end

return event.run(decide)
