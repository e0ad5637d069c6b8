-- Gives an order's tickets the best places that their searches find.
--
-- A search is
--   zone        the zone to choose in: seats, or places in general admission
--   first       the index of its first ticket in the order, from 1
--   quantity    how many tickets; they follow each other
--   split       true if the seats may be in several groups
--   accessible  true to choose wheelchair and companion places
--   views       the zone's views to choose from: the nearest group that any of them has
--   otherwise   the view to choose from if none of these has one
--   offers      present if the price depends on the seat: for each category of the zone, for each ticket
--               the fields that it gets, or false
--
-- USES event, seats, best_seats
-- RETURNS choose
-- REPLY SOLD_OUT, how many are left
-- REPLY NO_ADJACENT_SEATS
-- REPLY TICKET_TYPE_NOT_FOUND: the seats' categories are not sold to it

-- The seats of an order in each zone, by row, then column; and how many places.
local function note(own, zone, row, column)
  local ofZone = own[zone.id]
  ofZone[row] = ofZone[row] or {}
  ofZone[row][column] = true
end

-- The nearest group of seats in any of the search's views; or several groups, if it allows them.
local function find_seats(zone, search, own)
  local best, least, why
  local function choose(view, split)
    if search.accessible then return best_seats.choose_accessible(zone, view, search.quantity, own) end
    return best_seats.choose(zone, view, search.quantity, split, own)
  end
  for _, view in ipairs(search.views) do
    local found, distance = choose(view, false)
    if distance == 'AGAIN' then return nil, 'AGAIN' end
    if found and (not best or distance < least) then
      best, least = found, distance
    end
    if not found then why = distance end
  end
  if best then return best, 1 end
  if search.otherwise then
    local found, distance = choose(search.otherwise, false)
    if found then return found, 1 end
    if distance == 'AGAIN' then return nil, 'AGAIN' end
  end
  if not search.split then return nil, why end
  for _, view in ipairs(search.otherwise and { search.otherwise } or search.views) do
    local found, reason = choose(view, true)
    if found then return found, 2 end
    why = reason
    if why == 'AGAIN' then break end
  end
  return nil, why
end

-- How many groups seats form, in the order in which they were chosen.
local function groups_of(seatsFound)
  local groups = 0
  for at, seat in ipairs(seatsFound) do
    local before = seatsFound[at - 1]
    if not before or before.row ~= seat.row or before.column ~= seat.column - 1 then groups = groups + 1 end
  end
  return groups
end

-- Gives tickets their seats and, if they depend on the seat, their prices. Returns how many of them are reduced; nil if a seat's
-- category is not sold to a ticket's type.
local function fill(zone, search, tickets, found)
  local reduced = 0
  for at, seat in ipairs(found) do
    local ticket = tickets[search.first + at - 1]
    ticket.row, ticket.column = seats.labels_of(zone, seat.row, seat.column)
    if search.offers then
      local offer = search.offers[seats.category_of(zone, seat.row, seat.column) + 1][at]
      if not offer then return nil end
      for name, value in pairs(offer) do ticket[name] = value end
      if offer.promotion then reduced = reduced + 1 end
    end
  end
  return reduced
end

-- Chooses places for all searches and completes the tickets. `chosen` are the order's other places. Returns { places, groups, reduced },
-- or { refusal }. `groups`: how many groups of neighbours the found seats form; nil if none are seats.
local function choose(searches, chosen, tickets)
  local own, result = {}, { places = {}, reduced = 0 }
  local function own_in(zone)
    own[zone.id] = own[zone.id] or { number = 0 }
    return own[zone.id]
  end
  for at, place in ipairs(chosen) do
    local zone = event.zone_of(place[1])
    local ofZone = own_in(zone)
    -- A blocked seat was not available before either.
    if place.from ~= 'blocked' then ofZone.number = ofZone.number + 1 end
    note(own, zone, seats.position_of(zone, place[2]))
    result.places[at] = place
  end
  for _, search in ipairs(searches) do
    local zone = event.zone_of(search.zone)
    local ofZone = own_in(zone)
    local left = seats.available(zone) - ofZone.number
    if left < search.quantity then return { refusal = { 'SOLD_OUT', math.max(0, left) } } end
    local found, why = {}, nil
    if zone.rows > 0 then
      found, why = find_seats(zone, search, ofZone)
      if not found then return { refusal = why == 'SOLD_OUT' and { why, 0 } or { why } } end
      result.groups = (result.groups or 0) + groups_of(found)
    end
    local reduced = fill(zone, search, tickets, found)
    if not reduced then return { refusal = { 'TICKET_TYPE_NOT_FOUND' } } end
    result.reduced = result.reduced + reduced
    for at = 1, search.quantity do
      local seat = found[at]
      if seat then note(own, zone, seat.row, seat.column) end
      result.places[#result.places + 1] = { zone.id, seat and seats.bit_of(zone, seat.row, seat.column) }
    end
    ofZone.number = ofZone.number + search.quantity
  end
  return result
end

return { choose = choose }
