-- Sells one seat: takes it, stamps its price, numbers the domain event and appends it to the outbox; or changes nothing.
--
-- KEYS[1] inventory: hash
-- KEYS[2] counts: hash
-- KEYS[3] taken, of the zone: bitmap
-- KEYS[4] holders, of the zone: hash
-- KEYS[5] outbox: stream
-- ARGV[1] venue id
-- ARGV[2] event id
-- ARGV[3] zone id
-- ARGV[4] row, as a number from 1
-- ARGV[5] row, as letters
-- ARGV[6] column, from 1
-- ARGV[7] order id
-- ARGV[8] ticket id
-- ARGV[9] W3C traceparent, or ""
-- REPLY SOLD, sequence, time (ms), price (minor units), currency
-- REPLY NO_INVENTORY
-- REPLY EVENT_NOT_FOUND: the event is at another venue
-- REPLY ZONE_NOT_FOUND
-- REPLY SEAT_NOT_FOUND
-- REPLY NOT_ON_SALE, on-sale time (ms)
-- REPLY SEAT_TAKEN
-- COST O(1): one read and six writes of one field, bit or entry each

local venueId, currency, onSaleAtMs, zone =
  unpack(redis.call('HMGET', KEYS[1], 'venueId', 'currency', 'onSaleAtMs', 'zone:' .. ARGV[3]))
if not venueId then return { 'NO_INVENTORY' } end
if venueId ~= ARGV[1] then return { 'EVENT_NOT_FOUND' } end
if not zone then return { 'ZONE_NOT_FOUND' } end

local rows, columns, priceMinor = string.match(zone, '^(%d+):(%d+):%d+:(%d+)$')
local row, column = tonumber(ARGV[4]), tonumber(ARGV[6])
if row < 1 or row > tonumber(rows) or column < 1 or column > tonumber(columns) then return { 'SEAT_NOT_FOUND' } end

local time = redis.call('TIME')
local nowMs = time[1] * 1000 + math.floor(time[2] / 1000)
if nowMs < tonumber(onSaleAtMs) then return { 'NOT_ON_SALE', onSaleAtMs } end

local seat = (row - 1) * columns + column - 1
if redis.call('SETBIT', KEYS[3], seat, 1) == 1 then return { 'SEAT_TAKEN' } end

redis.call('HSET', KEYS[4], seat, ARGV[8])
redis.call('HINCRBY', KEYS[2], 'sold:' .. ARGV[3], 1)
local sequence = redis.call('HINCRBY', KEYS[2], 'sequence', 1)
local data = cjson.encode({
  sequence = sequence,
  orderId = ARGV[7],
  venueId = venueId,
  eventId = ARGV[2],
  tickets = {
    {
      ticketId = ARGV[8],
      zoneId = tonumber(ARGV[3]),
      row = ARGV[5],
      column = column,
      priceMinor = tonumber(priceMinor),
      currency = currency,
    },
  },
})
redis.call(
  'XADD', KEYS[5], '*',
  'type', 'onsale.tickets.purchased', 'sequence', sequence, 'time', nowMs, 'traceparent', ARGV[9], 'data', data
)
return { 'SOLD', sequence, nowMs, tonumber(priceMinor), currency }
