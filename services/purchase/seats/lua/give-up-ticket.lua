-- Gives up one ticket of a hold; its place is free immediately. Without its last ticket, the hold is released.
--
-- Each command has a holdId and a ticketId.
--
-- REPLY HELD, until (ms), order, hold id: it keeps these tickets
-- REPLY RELEASED: it has none left
-- REPLY NO_INVENTORY
-- REPLY HOLD_NOT_FOUND
-- REPLY HOLD_CONFIRMED: it became an order
-- REPLY HOLD_BEING_PAID
-- REPLY HOLD_EXPIRED
-- REPLY TICKET_NOT_FOUND
-- COST O(tickets of the hold)
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
  if hold.state == 'expired' or holds.is_overdue(holdId) then return { 'HOLD_EXPIRED' } end

  local given, rest = {}, {}
  for _, ticket in ipairs(hold.order.tickets) do
    local list = ticket.ticketId == command.ticketId and given or rest
    list[#list + 1] = ticket
  end
  if #given == 0 then return { 'TICKET_NOT_FOUND' } end
  holds.give_back(hold, given, rest)
  if #rest == 0 then
    holds.forget(holdId)
    return { 'RELEASED' }
  end
  hold.order.tickets = rest
  local heldUntil = holds.deadline_of(holdId)
  holds.keep(holdId, cjson.encode(hold), heldUntil)
  return event.with_order('HELD', heldUntil, cjson.encode(hold.order), '"' .. holdId .. '"')
end

return event.run(decide)
