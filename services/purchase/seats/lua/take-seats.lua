-- Sells or holds tickets, all that are wanted or none: chosen seats of any zones, or the best that one zone has.
--
-- What an inventory says of places and prices is known to who asks, by its revision: a script that read and wrote an order as
-- JSON spent most of its time on that.
--
-- ARGV[4…] each command's order, JSON: { orderId, eventId, venueId, buyerId?, tickets }; the seats of its tickets are missing
--          where they are to be chosen
--
-- Each command has
--   revision           of the inventory that the rest was made by (layouts.ts)
--   refusal            what is wrong with the wish by that inventory: a reply, where there is something
--   orderId, buyerId?  as in the order
--   places             of the tickets, where their seats were chosen
--   bestOf, quantity   zone to choose so many of the best of, where they were not
--   split              true where the best may be several groups
--   holdId             to hold, and not to sell
--
-- REPLY SOLD, time (ms), order: or its sequence alone, where who asks knows the rest
-- REPLY HELD, until (ms), order, hold id: or until alone
-- REPLY STALE: the inventory has another revision; nothing was taken
-- REPLY AGAIN: this call's share of work was not enough to decide; nothing was taken
-- REPLY NO_INVENTORY
-- REPLY BUYER_REQUIRED: the event limits the tickets of a buyer, and nobody was named
-- REPLY NOT_ON_SALE, on-sale time (ms)
-- REPLY SEAT_TAKEN, position, …
-- REPLY SOLD_OUT, how many are left
-- REPLY NO_ADJACENT_SEATS
-- COST O(tickets + overdue holds, at most 50); the best also reads two bytes a row and looks, for each group of seats, at no more
--      than 8,192 seats and one row, whatever the zone's size; so many in one call, and the commands after that are AGAIN
-- INCLUDE lineage
-- INCLUDE event
-- INCLUDE seats
-- INCLUDE buyer-limit
-- INCLUDE holds
-- INCLUDE best-seats
-- INCLUDE run

local orderTexts = { unpack(ARGV, 4) }

-- Places of the best that a zone has, and the order's JSON with their seats; nil and a refusal where it has not so many.
local function choose(zone, quantity, split, json)
  local left = available(zone)
  if left < quantity then return nil, { 'SOLD_OUT', left } end
  local places = {}
  if zone.rows == 0 then
    for at = 1, quantity do places[at] = { zone.id } end
    return places, json
  end
  local seats, why = best_seats(zone, quantity, split)
  if not seats then return nil, { why } end
  local order = cjson.decode(json)
  for at, seat in ipairs(seats) do
    order.tickets[at].row = row_label(seat.row)
    order.tickets[at].column = seat.column
    places[at] = { zone.id, bit_of(zone, seat.row, seat.column) }
  end
  return places, cjson.encode(order)
end

local function decide(command, number)
  if not inventory then return { 'NO_INVENTORY' } end
  if command.revision ~= inventory.revision then return { 'STALE' } end
  if command.refusal then return command.refusal end
  local places, buyerId, holdId = command.places, command.buyerId, command.holdId
  local limit = inventory.ticketsPerBuyer
  if limit > 0 and not buyerId then return { 'BUYER_REQUIRED' } end
  if now < inventory.onSaleAtMs then return { 'NOT_ON_SALE', inventory.onSaleAtMs } end

  local mayBeMore = expire_holds()
  -- What is best is known only once every seat that is free counts as free.
  if not places and mayBeMore then return { 'AGAIN' } end
  local function refuse(reply) return mayBeMore and { 'AGAIN' } or answer(reply) end

  local overLimit = over_limit(limit, buyerId, command.quantity or #places)
  if overLimit then return refuse(overLimit) end

  local json = orderTexts[number]
  -- Whom a key's later requests answer has not sent this order.
  local isKnown = places and not command.answer
  if places then
    local taken = { 'SEAT_TAKEN' }
    for at, place in ipairs(places) do
      if is_taken(place[2]) then taken[#taken + 1] = at - 1 end
    end
    if #taken > 1 then return refuse(taken) end
  else
    local chosen, result = choose(zone_of(command.bestOf), command.quantity, command.split, json)
    if not chosen then return result[1] == 'AGAIN' and result or refuse(result) end
    places, json = chosen, result
  end

  if not holdId then
    local sold = sell(command.orderId, buyerId, places, json, 'free')
    return answer(with_order('SOLD', now, isKnown and text(counts.sequence) or sold))
  end

  local heldUntil = now + inventory.holdMs
  move(buyerId, places, 'free', 'held')
  keep_hold(holdId, '{"state":"held","order":' .. json .. '}', heldUntil)
  return answer(isKnown and { 'HELD', heldUntil } or with_order('HELD', heldUntil, json, '"' .. holdId .. '"'))
end

return run(decide)
