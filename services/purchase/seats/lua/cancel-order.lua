-- Cancels all or some of an order's tickets; their seats are free immediately, or blocked. Cancelled tickets stay cancelled.
--
-- Each command has
--   orderId, ticketIds  the tickets to cancel; [] for all
--   isBlocking?         true to block their seats; places without seats are free in any case
--   isCheckout?         true if checkout sent it
--
-- REPLY CANCELLED, time of the sale (ms), order, how many tickets this call cancelled
-- REPLY NO_INVENTORY
-- REPLY ORDER_NOT_FOUND
-- REPLY PAID_THROUGH_CHECKOUT: only checkout can cancel it, because the buyer must be refunded
-- REPLY TICKET_NOT_FOUND, position (from 0), …: of tickets that are not in the order
-- COST O(tickets of the order)
-- INCLUDE ../../../shared/inventory/lua/lib/lineage.lua
-- INCLUDE ../../../shared/inventory/lua/lib/event.lua
-- INCLUDE ../../../shared/inventory/lua/lib/seats.lua
-- INCLUDE lib/tallies.lua

-- Nobody has these places any more.
local function leave(buyerId, places, isBlocking)
  local free, blocked = {}, {}
  for _, place in ipairs(places) do
    local list = isBlocking and place[2] and blocked or free
    list[#list + 1] = place
  end
  seats.move(buyerId, free, 'sold', 'free')
  seats.move(buyerId, blocked, 'sold', 'blocked')
end

local function decide(command)
  if not event.inventory then return { 'NO_INVENTORY' } end
  local soldAt, json = seats.order_of(command.orderId)
  if not soldAt then return { 'ORDER_NOT_FOUND' } end
  local order, named = cjson.decode(json), command.ticketIds
  if order.paidBy == 'checkout' and not command.isCheckout then return { 'PAID_THROUGH_CHECKOUT' } end

  local ofOrder, wanted, noTicket = {}, {}, { 'TICKET_NOT_FOUND' }
  for _, ticket in ipairs(order.tickets) do ofOrder[ticket.ticketId] = true end
  for at, ticketId in ipairs(named) do
    wanted[ticketId] = true
    if not ofOrder[ticketId] then noTicket[#noTicket + 1] = at - 1 end
  end
  if #noTicket > 1 then return noTicket end

  local cancelled = {}
  for _, ticket in ipairs(order.tickets) do
    if (#named == 0 or wanted[ticket.ticketId]) and not ticket.cancelled then cancelled[#cancelled + 1] = ticket end
  end
  if #cancelled > 0 then
    -- A conflicted ticket does not own its seat, so cancelling it must not free the seat.
    local seated, rest = {}, {}
    for _, ticket in ipairs(order.tickets) do
      local isLive = not ticket.cancelled and not ticket.conflicted
      if isLive and #named > 0 and not wanted[ticket.ticketId] then rest[#rest + 1] = ticket end
    end
    for _, ticket in ipairs(cancelled) do
      if not ticket.conflicted then seated[#seated + 1] = ticket end
      ticket.conflicted = nil
    end
    leave(order.buyerId, seats.places_of(seated), command.isBlocking)
    tallies.give_back(seated, rest, order.buyerId)
    local data = cjson.encode({
      orderId = order.orderId,
      buyerId = order.buyerId,
      paidBy = order.paidBy,
      venueId = order.venueId,
      eventId = event.id,
      purchase = { sequence = order.sequence, timeMs = soldAt },
      tickets = cancelled,
    })
    event.append('onsale.tickets.cancelled', data)
    -- With these the domain event can be published again, even when no other copy of it exists.
    local mark = { sequence = event.count_of('sequence'), timeMs = event.now }
    for _, ticket in ipairs(cancelled) do ticket.cancelled = mark end
    json = cjson.encode(order)
    seats.keep_order(command.orderId, soldAt, json)
  end
  return event.final(event.with_order('CANCELLED', soldAt, json, #cancelled))
end

return event.run(decide)
