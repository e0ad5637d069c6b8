-- Sells or holds the wanted tickets, all or none: chosen seats in any zones, or the best seats of one zone.
--
-- The caller drafts the order from the places and prices of an inventory revision that it has cached: a script that parsed and wrote
-- each order as JSON spent most of its time on that.
--
-- ARGV[4…] each command's order, JSON: { orderId, eventId, venueId, buyerId?, tickets }; its tickets have no seats if this script
--          chooses them
--
-- Each command has
--   revision           of the inventory that the rest was drafted from (layouts.ts)
--   refusal            the reply, if that inventory already rules the wish out
--   orderId, buyerId?  as in the order
--   places             of the tickets, if the buyer chose the seats
--   bestOf, quantity   otherwise, the zone to choose the best seats in, and how many
--   split              true if the best seats may be in several groups
--   holdId             present to hold rather than sell
--
-- REPLY SOLD, time (ms), order: or only its sequence number instead of the order, if the caller has the rest
-- REPLY HELD, until (ms), order, hold id: or only the time, if the caller has the rest
-- REPLY STALE: the inventory has another revision; nothing was taken
-- REPLY AGAIN: the work allowed in one call was not enough to decide; nothing was taken
-- REPLY NO_INVENTORY
-- REPLY BUYER_REQUIRED: the event limits tickets per buyer, and the command names no buyer
-- REPLY NOT_ON_SALE, on-sale time (ms)
-- REPLY SEAT_TAKEN, position, …
-- REPLY SOLD_OUT, how many are left
-- REPLY NO_ADJACENT_SEATS
-- COST O(tickets + overdue holds, at most 50); the best seats also read two bytes per row and, for each group of seats, look at no
--      more than 8,192 seats and one row, whatever the zone's size; after 16,384 seats in one call, further searches get AGAIN
-- INCLUDE ../../../shared/inventory/lua/lib/lineage.lua
-- INCLUDE ../../../shared/inventory/lua/lib/event.lua
-- INCLUDE ../../../shared/inventory/lua/lib/seats.lua
-- INCLUDE lib/buyer-limit.lua
-- INCLUDE lib/holds.lua
-- INCLUDE lib/best-seats.lua
-- INCLUDE ../../../shared/inventory/lua/lib/run.lua

local orderTexts = { unpack(ARGV, 4) }

-- Chooses the best places of a zone. Returns them and the order's JSON with their seats, or nil and a refusal.
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
  -- The best seats are known only when the seats of all overdue holds count as free.
  if not places and mayBeMore then return { 'AGAIN' } end
  local function refuse(reply) return mayBeMore and { 'AGAIN' } or answer(reply) end

  local overLimit = over_limit(limit, buyerId, command.quantity or #places)
  if overLimit then return refuse(overLimit) end

  local json = orderTexts[number]
  -- Replays under this Idempotency-Key draft other orders, so the kept reply needs the whole order.
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
