-- Seats and tickets: where they are, whether they are free, and how they change hands.
--
-- A ticket is { ticketId, zoneId, row (letters), column, priceMinor, currency }; in general admission it has no row and column.
-- A ticket's place is { zone id, bit }, its seat's bit among the taken ones; in general admission it has no bit.

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

local function bit_of(zone, row, column) return text(byte_of(zone, row) * 8 + column - 1) end

local function is_taken(bit) return redis.call('GETBIT', key.taken, bit) == 1 end

local function places_of(tickets)
  local places = {}
  for at, ticket in ipairs(tickets) do
    local zone = ticket.row and zone_of(ticket.zoneId)
    places[at] = { ticket.zoneId, zone and bit_of(zone, row_number(ticket.row), ticket.column) }
  end
  return places
end

-- How many tickets of a zone are neither sold nor held.
local function available(zone) return zone.capacity - count_of('sold:' .. zone.id) - count_of('held:' .. zone.id) end

-- The search for the best seats keeps two bytes of each row (best-seats.lua): where the first of them is.
local function fit_byte(zone, row) return zone.firstRow * 2 + row - 1 end

-- Where nobody has searched yet, neither before nor in this call, there is nothing to correct.
local runsAreKept = redis.call('EXISTS', key.runs) == 1

local function set_seat(zoneId, bit, isTaken)
  redis.call('SETBIT', key.taken, bit, isTaken and '1' or '0')
  if not runsAreKept then return end
  local zone = zone_of(zoneId)
  local row = math.floor((bit / 8 - zone.firstByte) / zone.width) + 1
  zone.runs[row] = nil
  local fit = fit_byte(zone, row)
  if isTaken then
    redis.call('SETBIT', key.runs, text(fit * 8 + 7), '0')
  else
    redis.call('SETRANGE', key.runs, fit, '\0')
    redis.call('SETRANGE', key.runs, fit + zone.rows, '\0')
  end
end

local version

-- Marks a zone as changed: all that one call changes has one version.
local function touch(zoneId)
  if not version then
    version = count_of('version') + 1
    set_count('version', version)
  end
  set_count('version:' .. zoneId, version)
end

-- Moves places between 'free', 'held' and 'sold': the only function that changes seats, counts and what a buyer has.
local function move(buyerId, places, from, to)
  for _, place in ipairs(places) do
    local zoneId, bit = place[1], place[2]
    if bit and (from == 'free' or to == 'free') then set_seat(zoneId, bit, from == 'free') end
    if from ~= 'free' then add_to_count(from .. ':' .. zoneId, -1) end
    if to ~= 'free' then add_to_count(to .. ':' .. zoneId, 1) end
    touch(zoneId)
  end
  if not buyerId then return end
  if from == 'free' then redis.call('HINCRBY', key.buyers, buyerId, #places) end
  if to == 'free' and redis.call('HINCRBY', key.buyers, buyerId, -#places) <= 0 then
    redis.call('HDEL', key.buyers, buyerId)
  end
end

local published = {}

-- Numbers a domain event, completes its data, a JSON object, with the number, and has it appended to the outbox; gives the data.
local function publish(type, data)
  add_to_count('sequence', 1)
  local json = '{"sequence":' .. text(counts.sequence) .. ',' .. string.sub(data, 2)
  published[#published + 1] = traceparent and type .. ' ' .. traceparent or type
  published[#published + 1] = json
  return json
end

local orders, newOrders = {}, {}

local function keep_order(orderId, soldAt, json)
  orders[orderId] = text(soldAt) .. ' ' .. json
  newOrders[#newOrders + 1] = orderId
  newOrders[#newOrders + 1] = orders[orderId]
end

-- When an order was sold (ms), and the order as JSON; nil where there is none.
local function order_of(orderId)
  local kept = orders[orderId] or redis.call('HGET', key.orders, orderId) or ''
  local soldAt, json = string.match(kept, '^(%d+) (.*)$')
  return tonumber(soldAt), json
end

-- Sells an order's places, which were free or held; `json` is the order, and what this gives is the order with its sequence.
local function sell(orderId, buyerId, places, json, from)
  move(buyerId, places, from, 'sold')
  local sold = publish('onsale.tickets.purchased', json)
  keep_order(orderId, now, sold)
  return sold
end

-- Decides on every command, and writes what they add up to. The domain events are one entry of the outbox (outbox.ts).
local function run(decide)
  local reply = decide_each(decide)
  local fields = {}
  for field, number in pairs(newCounts) do
    fields[#fields + 1] = field
    fields[#fields + 1] = text(number)
  end
  -- Lua's stack has room for some 8,000 arguments; fields go with their values.
  for at = 1, #fields, 1000 do redis.call('HSET', key.counts, unpack(fields, at, math.min(at + 999, #fields))) end
  if #newOrders > 0 then redis.call('HSET', key.orders, unpack(newOrders)) end
  if #published > 0 then
    local first = counts.sequence - #published / 2 + 1
    redis.call('XADD', key.outbox, '*', 'first', text(first), 'time', text(now), unpack(published))
  end
  return reply
end
