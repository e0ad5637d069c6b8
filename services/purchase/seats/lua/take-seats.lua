-- Sells or holds tickets, all that are wanted or none: chosen seats of any zones, or the best that one zone has.
--
-- Each command has
--   order   { orderId, eventId, venueId?, buyerId?, tickets }, each ticket { ticketId, zoneId, row, column } where the seat was
--           chosen, { ticketId } where not
--   bestOf  zone to choose the best of, where the seats were not chosen
--   split   true where the best may be several groups
--   holdId  to hold, and not to sell
--
-- REPLY SOLD, time (ms), order
-- REPLY HELD, until (ms), order, hold id
-- REPLY AGAIN: this call's share of work was not enough to decide; nothing was taken
-- REPLY NO_INVENTORY
-- REPLY EVENT_NOT_FOUND: the event is at another venue
-- REPLY ZONE_NOT_FOUND, position in the order (from 0), …
-- REPLY SEAT_NOT_FOUND, position, …
-- REPLY BUYER_REQUIRED: the event limits the tickets of a buyer, and nobody was named
-- REPLY NOT_ON_SALE, on-sale time (ms)
-- REPLY SEAT_TAKEN, position, …
-- REPLY SOLD_OUT, how many are left
-- REPLY NO_ADJACENT_SEATS
-- COST O(tickets + overdue holds, at most 50); the best also reads two bytes a row and looks, for each group of seats, at no more
--      than 8,192 seats and one row, whatever the zone's size; so many in one call, and the commands after that are AGAIN
-- INCLUDE event
-- INCLUDE seats
-- INCLUDE buyer-limit
-- INCLUDE holds
-- INCLUDE best-seats

local function decide(command)
  local venueId, currency, onSaleAtMs, holdMs, ticketsPerBuyer = inventory_fields()
  if not venueId then return { 'NO_INVENTORY' } end
  local order, bestOf, holdId = command.order, command.bestOf, command.holdId
  local tickets = order.tickets
  if order.venueId and order.venueId ~= venueId then return { 'EVENT_NOT_FOUND' } end
  order.venueId = venueId

  if bestOf and not zone_of(bestOf) then return { 'ZONE_NOT_FOUND', 0 } end
  local noZone, noSeat = { 'ZONE_NOT_FOUND' }, { 'SEAT_NOT_FOUND' }
  for at, ticket in ipairs(tickets) do
    ticket.zoneId = ticket.zoneId or bestOf
    local zone = zone_of(ticket.zoneId)
    if not zone then
      noZone[#noZone + 1] = at - 1
    elseif not bestOf and not is_seat(zone, row_number(ticket.row), ticket.column) then
      noSeat[#noSeat + 1] = at - 1
    else
      ticket.priceMinor = zone.priceMinor
      ticket.currency = currency
    end
  end
  if #noZone > 1 then return noZone end
  if #noSeat > 1 then return noSeat end
  local limit = tonumber(ticketsPerBuyer)
  if limit > 0 and not order.buyerId then return { 'BUYER_REQUIRED' } end
  if now < tonumber(onSaleAtMs) then return { 'NOT_ON_SALE', tonumber(onSaleAtMs) } end

  local mayBeMore = expire_holds()
  -- What is best is known only once every seat that is free counts as free.
  if bestOf and mayBeMore then return { 'AGAIN' } end
  local function refuse(reply) return mayBeMore and { 'AGAIN' } or answer(reply) end

  local overLimit = over_limit(limit, order.buyerId, #tickets)
  if overLimit then return refuse(overLimit) end

  if bestOf then
    local zone = zone_of(bestOf)
    local left = available(zone)
    if left < #tickets then return refuse({ 'SOLD_OUT', left }) end
    if zone.rows > 0 then
      local seats, why = best_seats(zone, #tickets, command.split)
      if why == 'AGAIN' then return { 'AGAIN' } end
      if not seats then return refuse({ why }) end
      for at, seat in ipairs(seats) do
        tickets[at].row = row_label(seat.row)
        tickets[at].column = seat.column
      end
    end
  else
    local taken = { 'SEAT_TAKEN' }
    for at, ticket in ipairs(tickets) do
      if is_taken(zone_of(ticket.zoneId), row_number(ticket.row), ticket.column) then taken[#taken + 1] = at - 1 end
    end
    if #taken > 1 then return refuse(taken) end
  end

  if not holdId then return answer(with_order('SOLD', now, sell(order, 'free'))) end

  local heldUntil = now + tonumber(holdMs)
  move(order.buyerId, tickets, 'free', 'held')
  keep_hold(holdId, { state = 'held', order = order }, heldUntil)
  return answer(with_order('HELD', heldUntil, cjson.encode(order), holdId))
end

return run(decide)
