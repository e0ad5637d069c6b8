-- Sells or holds the wanted tickets, all or none: chosen seats and the best places of zones, in any mixture.
--
-- The caller drafts the order from the places and prices of an inventory revision that it has cached: a script that parsed and wrote
-- each order as JSON spent most of its time on that.
--
-- ARGV[4…] each command's order, JSON: { orderId, eventId, venueId, buyerId?, tickets }; its tickets have no seats if this script
--          chooses them
--
-- Each command has
--   revision           of the inventory that the rest was drafted from (layouts.ts)
--   from?, untilMs?    when the prices that it was drafted with apply (ms)
--   refusal            the reply, if that inventory already rules out the purchase
--   orderId, buyerId?  as in the order
--   quantity           the number of tickets
--   places             of the chosen seats: { zone id, bit, position in the request unless the same }
--   best?              the searches for the other tickets (best-tickets.lua)
--   mayTakeBlocked     true if blocked seats may be taken too
--   types?             how many tickets of each type: { id, count, limit? }
--   promotion?         id, limits: tickets?, orders?, ticketsPerBuyer?; and for the first buyers' promotion `first`: how many of the
--                      tickets were drafted with it
--   reduced            how many tickets have the promotion, without those whose price depends on the seat
--   holdId             present to hold rather than sell
--   client?            who holds, if that is limited: { id, most holds, most tickets } (lib/tallies.lua)
--
-- REPLY SOLD, time (ms), order: at least the fields that the caller lacks; groups, if this script chose seats
-- REPLY HELD, until (ms), order, hold id: as above; groups, if this script chose seats
-- REPLY STALE: the inventory has another revision; nothing was taken
-- REPLY ANOTHER_TIME, time (ms): the draft's prices do not apply now; nothing was taken
-- REPLY PROMOTION_LEFT, how many: this buyer gets up to so many tickets with the first buyers' promotion; nothing was taken
-- REPLY AGAIN: the work allowed in one call was not enough to decide; nothing was taken
-- REPLY NO_INVENTORY
-- REPLY BUYER_REQUIRED: the event or the promotion limits tickets per buyer, and the command names no buyer
-- REPLY NOT_ON_SALE, on-sale time (ms)
-- REPLY SALE_PAUSED
-- REPLY SALE_CLOSED
-- REPLY PROMOTION_NOT_FOUND: it applies to none of the tickets
-- REPLY SEAT_TAKEN, position, …
-- COST O(tickets + overdue holds, at most 50); the best seats also read two bytes per row and, for each group of seats, look at no
--      more than 8,192 seats and one row, whatever the zone's size; after 16,384 seats in one call, further searches get AGAIN
-- INCLUDE ../../../shared/inventory/lua/lib/lineage.lua
-- INCLUDE ../../../shared/inventory/lua/lib/event.lua
-- INCLUDE ../../../shared/inventory/lua/lib/seats.lua
-- INCLUDE lib/tallies.lua
-- INCLUDE lib/holds.lua
-- INCLUDE lib/best-seats.lua
-- INCLUDE lib/best-tickets.lua

local orderTexts = { unpack(ARGV, 4) }

-- The reply, if the event's state or time rules out any sale.
local function not_selling(inventory, now)
  if inventory.isPaused then return { 'SALE_PAUSED' } end
  if inventory.isClosed then return { 'SALE_CLOSED' } end
  if now < inventory.onSaleAtMs then return { 'NOT_ON_SALE', inventory.onSaleAtMs } end
end

-- Returns the refusal if one of the chosen seats is taken; marks the places that were blocked.
local function check_chosen(places, mayTakeBlocked)
  local taken = { 'SEAT_TAKEN' }
  for at, place in ipairs(places) do
    if seats.is_taken(place[2]) then
      if mayTakeBlocked and seats.is_blocked(place[2]) then place.from = 'blocked' else taken[#taken + 1] = place[3] or at - 1 end
    end
  end
  return #taken > 1 and taken or nil
end

local function decide(command, number)
  local inventory, now = event.inventory, event.now
  if not inventory then return { 'NO_INVENTORY' } end
  if command.revision ~= inventory.revision then return { 'STALE' } end
  if command.from and (now < command.from or now >= command.untilMs) then return { 'ANOTHER_TIME', now } end
  if command.refusal then return command.refusal end
  local places, best, buyerId, holdId = command.places, command.best, command.buyerId, command.holdId
  local limit = inventory.ticketsPerBuyer
  local promotion = command.promotion
  -- Who asks for no promotion pays the full price instead.
  local isLimited = limit > 0 or (promotion and promotion.ticketsPerBuyer and not promotion.first)
  if isLimited and not buyerId then return { 'BUYER_REQUIRED' } end
  local notNow = not_selling(inventory, now)
  if notNow then return notNow end

  local mayBeMore = holds.expire_overdue()
  -- The best seats are known only when the seats of all overdue holds count as free.
  if best and mayBeMore then return { 'AGAIN' } end
  local function refuse(reply) return mayBeMore and { 'AGAIN' } or event.final(reply) end

  local client = command.client
  -- It passes with time, so it is not kept.
  local overClient = client and tallies.over_client(client, command.quantity)
  if overClient then return mayBeMore and { 'AGAIN' } or overClient end
  local refusal = seats.over_limit(limit, buyerId, command.quantity) or check_chosen(places, command.mayTakeBlocked)
  if refusal then return refuse(refusal) end

  local json, reduced, groups = orderTexts[number], command.reduced or 0, nil
  -- Replays under this Idempotency-Key draft other orders, so the kept reply needs the whole order.
  local callerHasOrder = not best and not command.replyNumber
  if best then
    local order = cjson.decode(json)
    local chosen = best_tickets.choose(best, places, order.tickets)
    if chosen.refusal then return chosen.refusal[1] == 'AGAIN' and chosen.refusal or refuse(chosen.refusal) end
    places, groups, reduced, json = chosen.places, chosen.groups, reduced + chosen.reduced, cjson.encode(order)
  end

  if promotion and promotion.first then
    local left = tallies.left_of(promotion, buyerId)
    if math.min(command.quantity, left) ~= promotion.first then return mayBeMore and { 'AGAIN' } or { 'PROMOTION_LEFT', left } end
  end
  -- Whoever names a code expects to pay less.
  if promotion and not promotion.first and reduced == 0 then return { 'PROMOTION_NOT_FOUND' } end
  refusal = tallies.over_limit(command.types, promotion, reduced, buyerId)
  if refusal then return refuse(refusal) end
  tallies.add(command.types, promotion and promotion.id, reduced, buyerId)

  if not holdId then
    local sold = seats.sell(command.orderId, buyerId, places, json, 'free')
    local told = callerHasOrder and '{"sequence":' .. event.text(event.count_of('sequence')) .. '}' or sold
    return event.final(event.with_order('SOLD', now, told, groups and event.text(groups)))
  end

  local heldUntil = now + inventory.holdMs
  seats.move(buyerId, places, 'free', 'held')
  local ofClient = ''
  if client then
    tallies.add_held(client[1], 1, command.quantity)
    ofClient = '"client":"' .. client[1] .. '",'
  end
  holds.keep(holdId, '{"state":"held",' .. ofClient .. '"order":' .. json .. '}', heldUntil)
  local rest = '"' .. holdId .. '"' .. (groups and ',' .. event.text(groups) or '')
  return event.final(event.with_order('HELD', heldUntil, callerHasOrder and '{}' or json, rest))
end

return event.run(decide)
