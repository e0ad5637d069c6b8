-- Opens an event's inventory, or changes it in ways that take nothing away from what was sold.
--
-- KEYS[1] inventory: hash
-- KEYS[2] counts: hash
-- ARGV[1] venue id
-- ARGV[2] currency
-- ARGV[3] on-sale time (ms)
-- ARGV[4] the zones, JSON: [[zone id, rows, columns, capacity, price (minor units)], …], rows and columns 0 without seats
-- REPLY OPENED
-- REPLY CHANGED
-- REPLY UNCHANGED
-- REPLY REFUSED, reason, …: nothing was changed
-- COST O(zones), once for each `open`

local before = {}
local flat = redis.call('HGETALL', KEYS[1])
for i = 1, #flat, 2 do before[flat[i]] = flat[i + 1] end
local isNew = #flat == 0

local reasons = { 'REFUSED' }
local function refuse(reason) reasons[#reasons + 1] = reason end

local anythingSold = redis.call('HGET', KEYS[2], 'sequence')
if not isNew and anythingSold then
  if before.venueId ~= ARGV[1] then refuse('the venue is ' .. before.venueId .. ' and tickets are sold') end
  if before.currency ~= ARGV[2] then refuse('the currency is ' .. before.currency .. ' and tickets are sold') end
end

local after = { venueId = ARGV[1], currency = ARGV[2], onSaleAtMs = ARGV[3] }
for _, zone in ipairs(cjson.decode(ARGV[4])) do
  after['zone:' .. zone[1]] = zone[2] .. ':' .. zone[3] .. ':' .. zone[4] .. ':' .. zone[5]
end

local function shape(zone)
  local rows, columns, capacity = string.match(zone, '^(%d+):(%d+):(%d+):')
  return tonumber(rows), tonumber(columns), tonumber(capacity)
end

for field, zone in pairs(before) do
  local zoneId = string.match(field, '^zone:(%d+)$')
  local sold = zoneId and tonumber(redis.call('HGET', KEYS[2], 'sold:' .. zoneId) or 0) or 0
  if sold > 0 then
    local tail = ' and ' .. sold .. ' of its tickets are sold'
    if not after[field] then
      refuse('zone ' .. zoneId .. ' would disappear' .. tail)
    else
      local rows, columns, capacity = shape(zone)
      local newRows, newColumns, newCapacity = shape(after[field])
      -- A seat's bit is its row times the columns: another width would give sold seats to other buyers.
      if newColumns ~= columns then refuse('zone ' .. zoneId .. ' has ' .. columns .. ' columns' .. tail) end
      if newRows < rows then refuse('zone ' .. zoneId .. ' has ' .. rows .. ' rows' .. tail) end
      if newCapacity < capacity then refuse('zone ' .. zoneId .. ' has a capacity of ' .. capacity .. tail) end
    end
  end
end
if #reasons > 1 then return reasons end

local changed = false
for field in pairs(before) do
  if not after[field] then
    changed = true
    redis.call('HDEL', KEYS[1], field)
  end
end
for field, value in pairs(after) do
  if before[field] ~= value then
    changed = true
    redis.call('HSET', KEYS[1], field, value)
  end
end
return { isNew and 'OPENED' or changed and 'CHANGED' or 'UNCHANGED' }
