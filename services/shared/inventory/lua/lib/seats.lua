-- Seats, tickets and orders: where seats are, whether they are free, and how they change owners.
--
-- USES event
-- FILLS changes.bits, changes.blocked, changes.runs, changes.buyers, changes.orders
-- RETURNS byte_of, bit_of, position_of, find, labels_of, category_of, bit_of_ticket, is_taken, is_blocked, places_of, available,
--         over_limit, move, order_of, keep_order, sell, begin_searching, byte_now, search_of, remember_row
-- REPLY BUYER_LIMIT_REACHED, limit, what the buyer has or holds
--
-- A ticket is { ticketId, zoneId, row, column, priceMinor, currency, … } (order.ts); row and column are labels, and absent in general
-- admission. A seat's position in its zone is its row's number and its column, from 1; in a hall, columns count gaps too.
-- A ticket's place is { zone id, bit }: `bit` is the number of its seat's bit in the bitmap, as text; general admission has none.

local key, changes, text, zone_of = event.key, event.changes, event.text, event.zone_of

local function row_number(label)
  local number = 0
  for at = 1, #label do number = number * 26 + string.byte(label, at) - 64 end
  return number
end

local function row_label(number)
  local label = ''
  while number > 0 do
    label = string.char(65 + (number - 1) % 26) .. label
    number = math.floor((number - 1) / 26)
  end
  return label
end

-- A hall's row by its number: { seats, categories?, kinds? } (arrange-zones.ts).
local function hall_row(zone, number)
  local row = zone.hallRows[number]
  if not row then
    row = cjson.decode(redis.call('HGET', key.inventory, 'row:' .. zone.id .. ':' .. number))
    zone.hallRows[number] = row
  end
  return row
end

local function hall_labels(zone)
  if not zone.labels then zone.labels = cjson.decode(redis.call('HGET', key.inventory, 'rows:' .. zone.id)) end
  return zone.labels
end

local function position_in(list, wanted)
  for at, item in ipairs(list) do
    if item == wanted then return at end
  end
end

local function byte_of(zone, row) return zone.firstByte + (row - 1) * zone.width end

-- As text, because it is mostly passed on.
local function bit_of(zone, row, column) return text(byte_of(zone, row) * 8 + column - 1) end

-- The row and column of a bit.
local function position_of(zone, bit)
  local row = math.floor((bit / 8 - zone.firstByte) / zone.width) + 1
  return row, bit - byte_of(zone, row) * 8 + 1
end

-- The row and column of a seat by its labels; nil if the zone has no such seat.
local function find(zone, rowLabel, label)
  if zone.isHall then
    local row = position_in(hall_labels(zone), rowLabel)
    local column = row and position_in(hall_row(zone, row).seats, label)
    if column then return row, column end
    return nil
  end
  if type(label) ~= 'number' or not string.match(rowLabel, '^%u%u?%u?$') then return nil end
  local row = row_number(rowLabel)
  if row <= zone.rows and label >= 1 and label <= zone.columns then return row, label end
end

-- The labels of the seat at a position: its row's and its own.
local function labels_of(zone, row, column)
  if zone.isHall then return hall_labels(zone)[row], hall_row(zone, row).seats[column] end
  return row_label(row), column
end

-- The index of a position's category in the zone's list, from 0.
local function category_of(zone, row, column)
  local categories = zone.isHall and hall_row(zone, row).categories
  return categories and categories[column] or 0
end

-- The text of the bit of a ticket's seat; nil in general admission, and if the zone has no such seat.
local function bit_of_ticket(ticket)
  local zone = ticket.row and zone_of(ticket.zoneId)
  if not zone then return nil end
  local row, column = find(zone, ticket.row, ticket.column)
  return row and bit_of(zone, row, column)
end

local function is_taken(bit)
  local value = changes.bits[bit] or redis.call('GETBIT', key.taken, bit)
  return value == 1
end

local function is_blocked(bit)
  local value = changes.blocked[bit] or redis.call('GETBIT', key.blocked, bit)
  return value == 1
end

local function places_of(tickets)
  local places = {}
  for at, ticket in ipairs(tickets) do places[at] = { ticket.zoneId, bit_of_ticket(ticket) } end
  return places
end

-- How many places of a zone are neither sold nor held nor blocked.
local function available(zone)
  return zone.capacity
    - event.count_of('sold:' .. zone.id)
    - event.count_of('held:' .. zone.id)
    - event.count_of('blocked:' .. zone.id)
end

-- Returns nil if a buyer may have `number` more tickets (`limit` in all, 0 for no limit), otherwise the refusal.
local function over_limit(limit, buyerId, number)
  if limit == 0 then return nil end
  local has = tonumber(redis.call('HGET', key.buyers, buyerId) or 0) + (changes.buyers[buyerId] or 0)
  if has + number > limit then return { 'BUYER_LIMIT_REACHED', limit, has } end
end

-- Before the first search for the best seats, in this or an earlier call, nothing is remembered, so nothing needs to be kept up to date.
local runsAreKept = redis.call('EXISTS', key.runs) == 1
-- Whether a command of this call has searched.
local isSearching = false

-- What the search for the best seats remembers about the rows of one of a zone's views (best-seats.lua), read once per call: `fits` and
-- `nears`, two strings with one byte per row. `runs` caches the free runs of rows.
local function search_of(zone, view)
  local search = zone.searches[view]
  if search then return search end
  local first = (zone.firstRow + view * zone.rows) * 2
  local kept = redis.call('GETRANGE', key.runs, text(first), text(first + 2 * zone.rows - 1))
  kept = kept .. string.rep('\0', 2 * zone.rows - #kept)
  search = { view = view, first = first, runs = {} }
  search.fits, search.nears = string.sub(kept, 1, zone.rows), string.sub(kept, zone.rows + 1)
  zone.searches[view] = search
  return search
end

-- Updates the two bytes that are remembered about a row.
local function remember_row(zone, search, row, fit, near)
  local function with(known, byte, at)
    if string.byte(known, row) == byte then return known end
    changes.runs[at] = byte
    return string.sub(known, 1, row - 1) .. string.char(byte) .. string.sub(known, row + 1)
  end
  local at = search.first + row - 1
  search.fits = with(search.fits, fit, at)
  search.nears = with(search.nears, near, at + zone.rows)
end

-- For each byte of the bitmap, by its number: the bits that this call has set, and those that it has cleared.
local setBits, clearedBits = {}, {}
local bor, band, bnot = bit.bor, bit.band, bit.bnot

local function note_bit(position, isTaken)
  local at, mask = math.floor(position / 8), 2 ^ (7 - position % 8)
  local to, from = setBits, clearedBits
  if not isTaken then
    to, from = from, to
  end
  to[at] = bor(to[at] or 0, mask)
  from[at] = band(from[at] or 0, bnot(mask))
end

-- A byte read from the bitmap, with this call's changes.
local function byte_now(at, byte)
  return setBits[at] and bor(band(byte, bnot(clearedBits[at])), setBits[at]) or byte
end

-- Called at the first search of a call; from then on, the remembered bytes are kept up to date.
local function begin_searching()
  if isSearching then return end
  runsAreKept, isSearching = true, true
  for position, value in pairs(changes.bits) do note_bit(position, value == 1) end
end

local function set_seat(zoneId, bit, isTaken)
  changes.bits[bit] = isTaken and 1 or 0
  if isSearching then note_bit(bit, isTaken) end
  if not runsAreKept then return end
  local zone = zone_of(zoneId)
  local row = position_of(zone, bit)
  for view = 0, (zone.views or 1) - 1 do
    local search = search_of(zone, view)
    search.runs[row] = nil
    local fit = string.byte(search.fits, row)
    if isTaken then
      remember_row(zone, search, row, fit - fit % 2, string.byte(search.nears, row))
    else
      remember_row(zone, search, row, 0, 0)
    end
  end
end

local version

-- Marks a zone as changed; all changes of one call share one version.
local function touch(zoneId)
  if not version then
    version = event.count_of('version') + 1
    event.set_count('version', version)
  end
  event.set_count('version:' .. zoneId, version)
end

-- Moves places between 'free', 'blocked', 'held' and 'sold': the only function that changes seats, counts and buyers' totals. A place
-- may have its own `from`.
local function move(buyerId, places, from, to)
  local more = 0
  for _, place in ipairs(places) do
    local zoneId, bit, before = place[1], place[2], place.from or from
    if bit and (before == 'free' or to == 'free') then set_seat(zoneId, bit, before == 'free') end
    if before == 'blocked' then changes.blocked[bit] = 0 end
    if to == 'blocked' then changes.blocked[bit] = 1 end
    if before ~= 'free' then event.add_to_count(before .. ':' .. zoneId, -1) end
    if to ~= 'free' then event.add_to_count(to .. ':' .. zoneId, 1) end
    local had, has = before == 'held' or before == 'sold', to == 'held' or to == 'sold'
    if has and not had then more = more + 1 end
    if had and not has then more = more - 1 end
    touch(zoneId)
  end
  if buyerId and more ~= 0 then changes.buyers[buyerId] = (changes.buyers[buyerId] or 0) + more end
end

-- Orders that this call has stored, by id.
local orders = {}

local function keep_order(orderId, soldAt, json)
  local kept, list = text(soldAt) .. ' ' .. json, changes.orders
  orders[orderId] = kept
  list[#list + 1] = orderId
  list[#list + 1] = kept
end

-- When an order was sold (ms), and the order as JSON; nil if there is none.
local function order_of(orderId)
  local kept = orders[orderId] or redis.call('HGET', key.orders, orderId) or ''
  local soldAt, json = string.match(kept, '^(%d+) (.*)$')
  return tonumber(soldAt), json
end

-- Sells an order's places, which were free or held. `json` is the order. Returns it with its sequence number.
local function sell(orderId, buyerId, places, json, from)
  move(buyerId, places, from, 'sold')
  local sold = event.append('onsale.tickets.purchased', json)
  keep_order(orderId, event.now, sold)
  return sold
end

return {
  byte_of = byte_of,
  bit_of = bit_of,
  position_of = position_of,
  find = find,
  labels_of = labels_of,
  category_of = category_of,
  bit_of_ticket = bit_of_ticket,
  is_taken = is_taken,
  is_blocked = is_blocked,
  places_of = places_of,
  available = available,
  over_limit = over_limit,
  move = move,
  order_of = order_of,
  keep_order = keep_order,
  sell = sell,
  begin_searching = begin_searching,
  byte_now = byte_now,
  search_of = search_of,
  remember_row = remember_row,
}
