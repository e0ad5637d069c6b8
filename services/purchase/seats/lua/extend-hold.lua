-- Gives a hold its full time again from now; only once.
--
-- Each command has a holdId.
--
-- REPLY HELD, until (ms), order, hold id
-- REPLY NO_INVENTORY
-- REPLY HOLD_NOT_FOUND
-- REPLY HOLD_CONFIRMED: it became an order
-- REPLY HOLD_BEING_PAID
-- REPLY HOLD_EXPIRED
-- REPLY HOLD_EXTENDED: it was extended earlier
-- COST O(1)
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
  if hold.state == 'sold' then return event.final({ 'HOLD_CONFIRMED' }) end
  if holds.is_being_paid(holdId, hold) then return { 'HOLD_BEING_PAID' } end
  if hold.state == 'expired' or holds.is_overdue(holdId) then return event.final({ 'HOLD_EXPIRED' }) end
  if hold.extended then return event.final({ 'HOLD_EXTENDED' }) end

  hold.extended = true
  local heldUntil = event.now + event.inventory.holdMs
  holds.keep(holdId, cjson.encode(hold), heldUntil)
  return event.final(event.with_order('HELD', heldUntil, cjson.encode(hold.order), '"' .. holdId .. '"'))
end

return event.run(decide)
