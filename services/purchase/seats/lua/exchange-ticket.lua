-- Exchanges a sold ticket for another place at the same price: the old place is free immediately. One domain event has both.
--
-- Each command has
--   orderId, ticketId  of the ticket to exchange
--   revision           of the inventory that the rest was drafted from (layouts.ts)
--   refusal            the reply, if that inventory already rules out the exchange
--   place              the new place: { zone id, bit }
--   replacement        the new ticket, without the fields that it takes over from the old one: { ticketId, zoneId, row?, column?,
--                      category? }
--
-- REPLY EXCHANGED, time of the sale (ms), order
-- REPLY STALE: the inventory has another revision; nothing was changed
-- REPLY AGAIN: the work allowed in one call was not enough to decide; nothing was changed
-- REPLY NO_INVENTORY
-- REPLY ORDER_NOT_FOUND
-- REPLY TICKET_NOT_FOUND: the order has no such ticket, or it is not live
-- REPLY SEAT_TAKEN
-- REPLY SOLD_OUT, how many are left
-- COST O(tickets of the order + overdue holds, at most 50)
-- INCLUDE ../../../shared/inventory/lua/lib/lineage.lua
-- INCLUDE ../../../shared/inventory/lua/lib/event.lua
-- INCLUDE ../../../shared/inventory/lua/lib/seats.lua
-- INCLUDE lib/tallies.lua
-- INCLUDE lib/holds.lua

local function live_ticket(order, ticketId)
  for _, ticket in ipairs(order.tickets) do
    if ticket.ticketId == ticketId and not ticket.cancelled and not ticket.conflicted then return ticket end
  end
end

local function decide(command)
  local inventory = event.inventory
  if not inventory then return { 'NO_INVENTORY' } end
  if command.revision ~= inventory.revision then return { 'STALE' } end
  local soldAt, json = seats.order_of(command.orderId)
  if not soldAt then return { 'ORDER_NOT_FOUND' } end
  local order = cjson.decode(json)
  local old, new = live_ticket(order, command.ticketId), command.replacement
  if not old then return { 'TICKET_NOT_FOUND' } end
  if command.refusal then return command.refusal end

  local mayBeMore = holds.expire_overdue()
  local function refuse(reply) return mayBeMore and { 'AGAIN' } or reply end
  local place = command.place
  if place[2] then
    if seats.is_taken(place[2]) then
      if not seats.is_blocked(place[2]) then return refuse({ 'SEAT_TAKEN' }) end
      place.from = 'blocked'
    end
  else
    local left = seats.available(event.zone_of(place[1]))
    if left < 1 then return refuse({ 'SOLD_OUT', left }) end
  end
  for _, name in ipairs({ 'ticketType', 'priceMinor', 'currency', 'promotion', 'fullPriceMinor' }) do new[name] = old[name] end

  seats.move(order.buyerId, seats.places_of({ old }), 'sold', 'free')
  seats.move(order.buyerId, { place }, 'free', 'sold')
  local data = cjson.encode({
    orderId = order.orderId,
    buyerId = order.buyerId,
    paidBy = order.paidBy,
    venueId = order.venueId,
    eventId = event.id,
    purchase = { sequence = order.sequence, timeMs = soldAt },
    tickets = { old },
    replacements = { new },
  })
  event.append('onsale.tickets.exchanged', data)
  -- With these the domain event can be published again, even when no other copy of it exists.
  local mark = { sequence = event.count_of('sequence'), timeMs = event.now }
  old.cancelled, old.exchangedFor, new.sold = mark, new.ticketId, mark
  order.tickets[#order.tickets + 1] = new
  json = cjson.encode(order)
  seats.keep_order(command.orderId, soldAt, json)
  return event.final(event.with_order('EXCHANGED', soldAt, json))
end

return event.run(decide)
