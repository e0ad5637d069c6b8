-- Seats, tickets and orders: where seats are, whether they are free, and how they change owners.
--
-- USES event
-- FILLS changes.bits, changes.runs, changes.buyers, changes.orders
-- RETURNS row_number, row_label, is_seat, byte_of, bit_of, is_taken, places_of, available, over_limit, move, order_of, keep_order, sell,
--         begin_searching, byte_now, read_runs, remember_row
-- REPLY BUYER_LIMIT_REACHED, limit, what the buyer has or holds
--
-- A ticket is { ticketId, zoneId, row (letters), column, priceMinor, currency }; in general admission it has no row and column.
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

local function is_seat(zone, row, column) return row >= 1 and row <= zone.rows and column >= 1 and column <= zone.columns end

local function byte_of(zone, row) return zone.firstByte + (row - 1) * zone.width end

-- As text, because it is mostly passed on.
local function bit_of(zone, row, column) return text(byte_of(zone, row) * 8 + column - 1) end

local function is_taken(bit)
  local value = changes.bits[bit] or redis.call('GETBIT', key.taken, bit)
  return value == 1
end

local function places_of(tickets)
  local places = {}
  for at, ticket in ipairs(tickets) do
    local zone = ticket.row and zone_of(ticket.zoneId)
    places[at] = { ticket.zoneId, zone and bit_of(zone, row_number(ticket.row), ticket.column) }
  end
  return places
end

-- How many tickets in a zone are neither sold nor held.
local function available(zone) return zone.capacity - event.count_of('sold:' .. zone.id) - event.count_of('held:' .. zone.id) end

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

-- Reads what the search for the best seats remembers about a zone's rows (best-seats.lua), once per call: `fits` and `nears`, two
-- strings with one byte per row.
local function read_runs(zone)
  if zone.fits then return end
  local first = zone.firstRow * 2
  local kept = redis.call('GETRANGE', key.runs, text(first), text(first + 2 * zone.rows - 1))
  kept = kept .. string.rep('\0', 2 * zone.rows - #kept)
  zone.fits, zone.nears = string.sub(kept, 1, zone.rows), string.sub(kept, zone.rows + 1)
end

-- Updates the two bytes that are remembered about a row.
local function remember_row(zone, row, fit, near)
  local function with(known, byte, at)
    if string.byte(known, row) == byte then return known end
    changes.runs[at] = byte
    return string.sub(known, 1, row - 1) .. string.char(byte) .. string.sub(known, row + 1)
  end
  local at = zone.firstRow * 2 + row - 1
  zone.fits = with(zone.fits, fit, at)
  zone.nears = with(zone.nears, near, at + zone.rows)
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
  local row = math.floor((bit / 8 - zone.firstByte) / zone.width) + 1
  zone.runs[row] = nil
  read_runs(zone)
  local fit = string.byte(zone.fits, row)
  if isTaken then
    remember_row(zone, row, fit - fit % 2, string.byte(zone.nears, row))
  else
    remember_row(zone, row, 0, 0)
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

-- Moves places between 'free', 'held' and 'sold': the only function that changes seats, counts and buyers' totals.
local function move(buyerId, places, from, to)
  for _, place in ipairs(places) do
    local zoneId, bit = place[1], place[2]
    if bit and (from == 'free' or to == 'free') then set_seat(zoneId, bit, from == 'free') end
    if from ~= 'free' then event.add_to_count(from .. ':' .. zoneId, -1) end
    if to ~= 'free' then event.add_to_count(to .. ':' .. zoneId, 1) end
    touch(zoneId)
  end
  local more = (from == 'free' and #places or 0) - (to == 'free' and #places or 0)
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
  row_number = row_number,
  row_label = row_label,
  is_seat = is_seat,
  byte_of = byte_of,
  bit_of = bit_of,
  is_taken = is_taken,
  places_of = places_of,
  available = available,
  over_limit = over_limit,
  move = move,
  order_of = order_of,
  keep_order = keep_order,
  sell = sell,
  begin_searching = begin_searching,
  byte_now = byte_now,
  read_runs = read_runs,
  remember_row = remember_row,
}
