-- Opens an event's inventory, or changes it; refuses changes that would affect tickets sold or held.
--
-- KEYS[1] inventory: hash
-- KEYS[2] counts: hash
-- KEYS[3] taken: bitmap
-- ARGV[1] venue id
-- ARGV[2] currency
-- ARGV[3] on-sale time (ms)
-- ARGV[4] how long a hold lasts (ms)
-- ARGV[5] most tickets per buyer, 0 for no limit
-- ARGV[6] the inventory's new revision, if this changes it
-- ARGV[7] the zones, JSON: [[zone id, rows, columns, capacity, price (minor units), focus row, focus column], …]; without seats,
--         rows, columns and focus are 0
-- ARGV[8] an inventory field whose value is a condition, or '' for no condition
-- ARGV[9] the value that the field must have, or '' if the field must not exist
-- ARGV[10] whether this is a dry run: 'dry' to change nothing, but reply as usual
-- REPLY OPENED
-- REPLY CHANGED
-- REPLY UNCHANGED
-- REPLY REFUSED, reason, …: nothing was changed
-- REPLY STALE: the field has another value; nothing was changed
-- COST O(zones + seats of zones that change shape), once per `open`
-- INCLUDE lib/lineage.lua

-- Redis keeps a hash of a few hundred short fields as a list, and searches it linearly, unless a value is longer than 64 bytes.
local about = 'Counts of an event by zone, read one at a time by every purchase: kept as a table.'

local before = {}
local flat = redis.call('HGETALL', KEYS[1])
for i = 1, #flat, 2 do before[flat[i]] = flat[i + 1] end
-- An inventory that is being rebuilt already has the field `rebuild`, but no layout yet.
local isNew = not before.venueId
if ARGV[8] ~= '' and (before[ARGV[8]] or '') ~= ARGV[9] then return { 'STALE' } end

local counts = {}
flat = redis.call('HGETALL', KEYS[2])
for i = 1, #flat, 2 do counts[flat[i]] = tonumber(flat[i + 1]) end

local reasons = { 'REFUSED' }
local function refuse(reason) reasons[#reasons + 1] = reason end

-- Whether anything was ever held or sold. Counts stay at 0 when everything was cancelled or released: an expired hold can still be
-- confirmed, in its currency.
local wasAnySold = counts.sequence ~= nil
for field in pairs(counts) do wasAnySold = wasAnySold or string.match(field, '^held:') or string.match(field, '^sold:') end
if isNew and wasAnySold and not before.rebuild then
  refuse('Redis has sold or held tickets for this event but has lost its inventory; rebuild it')
end
if not isNew and lineage.check(before.lineage, before.replicas, '') then
  refuse('Redis is a promoted replica and may lack sales of its master; rebuild the inventory')
end
if not isNew and wasAnySold then
  local tail = ', and can no longer change: tickets were sold or held'
  if before.venueId ~= ARGV[1] then refuse('the venue is ' .. before.venueId .. tail) end
  if before.currency ~= ARGV[2] then refuse('the currency is ' .. before.currency .. tail) end
end

-- As zone-layout.ts reads it. Formatted by hand, because cjson does not order fields: the same zone must always be the same text.
local zoneForm = '{"rows":%d,"columns":%d,"capacity":%d,"priceMinor":%d,"firstByte":%d,"firstRow":%d,'
  .. '"focusRow":%s,"focusColumn":%s}'

local after = {
  venueId = ARGV[1],
  currency = ARGV[2],
  onSaleAtMs = ARGV[3],
  holdMs = ARGV[4],
  ticketsPerBuyer = ARGV[5],
  revision = before.revision,
  lineage = before.lineage or lineage.current(),
  replicas = before.replicas,
  rebuild = before.rebuild,
}
local nextByte, nextRow = tonumber(before.nextByte or 0), tonumber(before.nextRow or 0)
-- Rows whose taken bits move with their zone: { from byte, to byte, number of bytes }.
local moves = {}
for _, zone in ipairs(cjson.decode(ARGV[7])) do
  local zoneId, rows, columns, capacity, priceMinor, focusRow, focusColumn = unpack(zone)
  local field = 'zone:' .. zoneId
  local old = before[field] and cjson.decode(before[field])
  local firstByte, firstRow = 0, 0
  local sameGrid = old and old.rows == rows and old.columns == columns
  if sameGrid and old.focusRow == focusRow and old.focusColumn == focusColumn then
    firstByte, firstRow = old.firstByte, old.firstRow
  elseif rows > 0 then
    local width = math.ceil(columns / 8)
    firstByte, firstRow = nextByte, nextRow
    nextByte, nextRow = nextByte + rows * width, nextRow + rows
    if old and old.columns == columns then
      moves[#moves + 1] = { old.firstByte, firstByte, math.min(old.rows, rows) * width }
    end
  end
  after[field] =
    string.format(zoneForm, rows, columns, capacity, priceMinor, firstByte, firstRow, focusRow, focusColumn)
end
after.nextByte, after.nextRow = tostring(nextByte), tostring(nextRow)

for field in pairs(before) do
  local zoneId = string.match(field, '^zone:(%d+)$')
  local sold = zoneId and (counts['sold:' .. zoneId] or 0) + (counts['held:' .. zoneId] or 0) or 0
  if sold > 0 then
    local tail = sold .. ' of its tickets ' .. (sold == 1 and 'is' or 'are') .. ' sold or held'
    if not after[field] then
      refuse('zone ' .. zoneId .. ' would disappear, but ' .. tail)
    else
      local old, new = cjson.decode(before[field]), cjson.decode(after[field])
      local has = 'zone ' .. zoneId .. ' has '
      -- The width of a row decides where its seats' bits are: another width would give sold seats to other buyers.
      if new.columns ~= old.columns then refuse(has .. old.columns .. ' columns and must keep that number: ' .. tail) end
      if new.rows < old.rows then refuse(has .. old.rows .. ' rows and cannot have fewer: ' .. tail) end
      if new.capacity < old.capacity then
        refuse(has .. 'a capacity of ' .. old.capacity .. ' and cannot have less: ' .. tail)
      end
    end
  end
end
if #reasons > 1 then return reasons end

local changed = {}
for field in pairs(before) do
  if not after[field] then changed[#changed + 1] = field end
end
for field, value in pairs(after) do
  if before[field] ~= value then changed[#changed + 1] = field end
end
local reply = { isNew and 'OPENED' or #changed == 0 and 'UNCHANGED' or 'CHANGED' }
if ARGV[10] == 'dry' then return reply end

for _, field in ipairs(changed) do
  if after[field] then redis.call('HSET', KEYS[1], field, after[field]) else redis.call('HDEL', KEYS[1], field) end
end
for _, rows in ipairs(moves) do
  redis.call('SETRANGE', KEYS[3], rows[2], redis.call('GETRANGE', KEYS[3], rows[1], rows[1] + rows[3] - 1))
end
if #changed > 0 then redis.call('HSET', KEYS[1], 'revision', ARGV[6]) end
if isNew then redis.call('HSET', KEYS[2], 'about', about) end
if reply[1] ~= 'CHANGED' then return reply end

-- Clients that show the seat map must read the changed zones again.
local version = redis.call('HINCRBY', KEYS[2], 'version', 1)
for _, field in ipairs(changed) do
  local zoneId = string.match(field, '^zone:(%d+)$')
  if zoneId then redis.call('HSET', KEYS[2], 'version:' .. zoneId, version) end
end
return reply
