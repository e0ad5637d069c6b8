-- Gives a hold its full time again from now; only once.
--
-- Each command has a holdId.
--
-- REPLY HELD, until (ms), order
-- REPLY NO_INVENTORY
-- REPLY HOLD_NOT_FOUND
-- REPLY HOLD_CONFIRMED: it became an order
-- REPLY HOLD_EXPIRED
-- REPLY HOLD_EXTENDED: it was extended earlier
-- COST O(1)
-- INCLUDE ../../../shared/inventory/lua/lib/lineage.lua
-- INCLUDE ../../../shared/inventory/lua/lib/event.lua
-- INCLUDE ../../../shared/inventory/lua/lib/seats.lua
-- INCLUDE lib/holds.lua
-- INCLUDE ../../../shared/inventory/lua/lib/run.lua

local function decide(command)
  if not inventory then return { 'NO_INVENTORY' } end
  local holdId = command.holdId
  local hold = hold_of(holdId)
  if not hold then return { 'HOLD_NOT_FOUND' } end
  if hold.state == 'sold' then return answer({ 'HOLD_CONFIRMED' }) end
  if hold.state == 'expired' or is_overdue(holdId) then return answer({ 'HOLD_EXPIRED' }) end
  if hold.extended then return answer({ 'HOLD_EXTENDED' }) end

  hold.extended = true
  local heldUntil = now + inventory.holdMs
  keep_hold(holdId, cjson.encode(hold), heldUntil)
  return answer(with_order('HELD', heldUntil, cjson.encode(hold.order)))
end

return run(decide)
