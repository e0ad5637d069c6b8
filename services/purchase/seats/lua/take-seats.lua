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
--   refusal            the reply, if that inventory already rules out the purchase
--   orderId, buyerId?  as in the order
--   places             of the tickets, if the buyer chose the seats
--   bestOf, quantity   otherwise, the zone to choose the best seats in, and how many
--   split              true if the best seats may be in several groups
--   holdId             present to hold rather than sell
--
-- REPLY SOLD, time (ms), order: at least the fields that the caller lacks
-- REPLY HELD, until (ms), order, hold id: as above
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
-- INCLUDE lib/holds.lua
-- INCLUDE lib/best-seats.lua

local orderTexts = { unpack(ARGV, 4) }

-- Chooses the best places of a zone. Returns them and the order's JSON with their seats, or nil and a refusal.
local function choose(zone, quantity, split, json)
  local left = seats.available(zone)
  if left < quantity then return nil, { 'SOLD_OUT', left } end
  local places = {}
  if zone.rows == 0 then
    for at = 1, quantity do places[at] = { zone.id } end
    return places, json
  end
  local chosen, why = best_seats.choose(zone, quantity, split)
  if not chosen then return nil, { why } end
  local order = cjson.decode(json)
  for at, seat in ipairs(chosen) do
    order.tickets[at].row = seats.row_label(seat.row)
    order.tickets[at].column = seat.column
    places[at] = { zone.id, seats.bit_of(zone, seat.row, seat.column) }
  end
  return places, cjson.encode(order)
end

local function decide(command, number)
  local inventory, now = event.inventory, event.now
  if not inventory then return { 'NO_INVENTORY' } end
  if command.revision ~= inventory.revision then return { 'STALE' } end
  if command.refusal then return command.refusal end
  local places, buyerId, holdId = command.places, command.buyerId, command.holdId
  local limit = inventory.ticketsPerBuyer
  if limit > 0 and not buyerId then return { 'BUYER_REQUIRED' } end
  if now < inventory.onSaleAtMs then return { 'NOT_ON_SALE', inventory.onSaleAtMs } end

  local mayBeMore = holds.expire_overdue()
  -- The best seats are known only when the seats of all overdue holds count as free.
  if not places and mayBeMore then return { 'AGAIN' } end
  local function refuse(reply) return mayBeMore and { 'AGAIN' } or event.final(reply) end

  local overLimit = seats.over_limit(limit, buyerId, command.quantity or #places)
  if overLimit then return refuse(overLimit) end

  local json = orderTexts[number]
  -- Replays under this Idempotency-Key draft other orders, so the kept reply needs the whole order.
  local callerHasOrder = places and not command.replyNumber
  if places then
    local taken = { 'SEAT_TAKEN' }
    for at, place in ipairs(places) do
      if seats.is_taken(place[2]) then taken[#taken + 1] = at - 1 end
    end
    if #taken > 1 then return refuse(taken) end
  else
    local chosen, result = choose(event.zone_of(command.bestOf), command.quantity, command.split, json)
    if not chosen then return result[1] == 'AGAIN' and result or refuse(result) end
    places, json = chosen, result
  end

  if not holdId then
    local sold = seats.sell(command.orderId, buyerId, places, json, 'free')
    local told = callerHasOrder and '{"sequence":' .. event.text(event.count_of('sequence')) .. '}' or sold
    return event.final(event.with_order('SOLD', now, told))
  end

  local heldUntil = now + inventory.holdMs
  seats.move(buyerId, places, 'free', 'held')
  holds.keep(holdId, '{"state":"held","order":' .. json .. '}', heldUntil)
  return event.final(event.with_order('HELD', heldUntil, callerHasOrder and '{}' or json, '"' .. holdId .. '"'))
end

return event.run(decide)
