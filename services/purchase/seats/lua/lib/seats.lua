-- Seats and tickets: where they are, whether they are free, and how they change hands.
--
-- A ticket is { ticketId, zoneId, row (letters), column, priceMinor, currency }; in general admission it has no row and column.

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

local function bit_of(zone, row, column) return (zone.firstByte + (row - 1) * zone.width) * 8 + column - 1 end

local function is_taken(zone, row, column) return redis.call('GETBIT', key.taken, bit_of(zone, row, column)) == 1 end

-- How many tickets of a zone are neither sold nor held.
local function available(zone)
  local sold, held = unpack(redis.call('HMGET', key.counts, 'sold:' .. zone.id, 'held:' .. zone.id))
  return zone.capacity - tonumber(sold or 0) - tonumber(held or 0)
end

-- The search for the best seats keeps two bytes of each row (best-seats.lua): where the first of them is.
local function fit_byte(zone, row) return zone.firstRow * 2 + row - 1 end

local function set_seat(ticket, isTaken)
  if not ticket.row then return end
  local zone, row = zone_of(ticket.zoneId), row_number(ticket.row)
  redis.call('SETBIT', key.taken, bit_of(zone, row, ticket.column), isTaken and 1 or 0)
  local fit = fit_byte(zone, row)
  if isTaken then
    redis.call('SETBIT', key.runs, fit * 8 + 7, 0)
  else
    redis.call('SETRANGE', key.runs, fit, '\0')
    redis.call('SETRANGE', key.runs, fit + zone.rows, '\0')
  end
end

-- Moves tickets between 'free', 'held' and 'sold': the only place that changes seats, counts and what a buyer has.
local function move(buyerId, tickets, from, to)
  local byZone = {}
  for _, ticket in ipairs(tickets) do
    byZone[ticket.zoneId] = (byZone[ticket.zoneId] or 0) + 1
    if from == 'free' or to == 'free' then set_seat(ticket, from == 'free') end
  end
  local version = redis.call('HINCRBY', key.counts, 'version', 1)
  for zoneId, number in pairs(byZone) do
    redis.call('HSET', key.counts, 'version:' .. zoneId, version)
    if from ~= 'free' then redis.call('HINCRBY', key.counts, from .. ':' .. zoneId, -number) end
    if to ~= 'free' then redis.call('HINCRBY', key.counts, to .. ':' .. zoneId, number) end
  end
  if not buyerId then return end
  if from == 'free' then redis.call('HINCRBY', key.buyers, buyerId, #tickets) end
  if to == 'free' and redis.call('HINCRBY', key.buyers, buyerId, -#tickets) <= 0 then
    redis.call('HDEL', key.buyers, buyerId)
  end
end

-- Numbers a domain event, completes its data with the number, and appends it to the outbox; gives the data as JSON.
local function publish(type, data)
  data.sequence = redis.call('HINCRBY', key.counts, 'sequence', 1)
  local json = cjson.encode(data)
  redis.call(
    'XADD', key.outbox, '*',
    'type', type, 'sequence', data.sequence, 'time', now, 'traceparent', traceparent, 'data', json
  )
  return json
end

local function keep_order(orderId, soldAt, json) redis.call('HSET', key.orders, orderId, soldAt .. ' ' .. json) end

-- When an order was sold (ms), and the order as JSON; nil where there is none.
local function order_of(orderId)
  local soldAt, json = string.match(redis.call('HGET', key.orders, orderId) or '', '^(%d+) (.*)$')
  return tonumber(soldAt), json
end

-- Sells an order's tickets, which were free or held; gives the order as JSON.
local function sell(order, from)
  move(order.buyerId, order.tickets, from, 'sold')
  local json = publish('onsale.tickets.purchased', order)
  keep_order(order.orderId, now, json)
  return json
end
