-- Opens an event's inventory, or changes it in ways that take nothing away from what was sold or is held.
--
-- KEYS[1] inventory: hash
-- KEYS[2] counts: hash
-- KEYS[3] taken: bitmap
-- ARGV[1] venue id
-- ARGV[2] currency
-- ARGV[3] on-sale time (ms)
-- ARGV[4] how long a hold lasts (ms)
-- ARGV[5] most tickets of a buyer, 0 for any number
-- ARGV[6] the inventory's revision, should this change it
-- ARGV[7] the zones, JSON: [[zone id, rows, columns, capacity, price (minor units), focus row, focus column], …], rows, columns
--         and focus 0 without seats
-- ARGV[8] a field that the inventory must have a certain value in, or '' for no such condition
-- ARGV[9] that value, or '' if the field must not be there
-- ARGV[10] whether this is a dry run: 'dry' to change nothing, and reply as if
-- REPLY OPENED
-- REPLY CHANGED
-- REPLY UNCHANGED
-- REPLY REFUSED, reason, …: nothing was changed
-- REPLY STALE: the field has another value; nothing was changed
-- COST O(zones + seats of zones that change their shape), once for each `open`
-- INCLUDE lineage

-- Redis looks through a hash of a few hundred short fields one by one, until one of its values is longer than 64 bytes.
local about = 'Counts of an event by zone, read one at a time by every purchase: kept as a table.'

local before = {}
local flat = redis.call('HGETALL', KEYS[1])
for i = 1, #flat, 2 do before[flat[i]] = flat[i + 1] end
-- One that is being rebuilt has a field already that says so, and no layout yet.
local isNew = not before.venueId
if ARGV[8] ~= '' and (before[ARGV[8]] or '') ~= ARGV[9] then return { 'STALE' } end

local counts = {}
flat = redis.call('HGETALL', KEYS[2])
for i = 1, #flat, 2 do counts[flat[i]] = tonumber(flat[i + 1]) end

local reasons = { 'REFUSED' }
local function refuse(reason) reasons[#reasons + 1] = reason end

-- Whether anything was ever held or sold: counts stay, at 0, when all of it is given up; and a hold that has expired can still be
-- confirmed, in its currency.
local wasAnySold = counts.sequence ~= nil
for field in pairs(counts) do wasAnySold = wasAnySold or string.match(field, '^held:') or string.match(field, '^sold:') end
if isNew and wasAnySold and not before.rebuild then
  refuse('Redis has sold or held tickets of it and has lost its inventory; rebuild it')
end
if not isNew and check_lineage(before.lineage, before.replicas, '') then
  refuse('Redis is a replica that was promoted, and may lack sales of its master; rebuild the inventory')
end
if not isNew and wasAnySold then
  local tail = ', and cannot change any more: tickets were sold or held'
  if before.venueId ~= ARGV[1] then refuse('the venue is ' .. before.venueId .. tail) end
  if before.currency ~= ARGV[2] then refuse('the currency is ' .. before.currency .. tail) end
end

-- As zone-layout.ts reads it; by hand, so that the same zone is always the same text.
local zoneForm = '{"rows":%d,"columns":%d,"capacity":%d,"priceMinor":%d,"firstByte":%d,"firstRow":%d,'
  .. '"focusRow":%s,"focusColumn":%s}'

local after = {
  venueId = ARGV[1],
  currency = ARGV[2],
  onSaleAtMs = ARGV[3],
  holdMs = ARGV[4],
  ticketsPerBuyer = ARGV[5],
  revision = before.revision,
  lineage = before.lineage or lineage_now(),
  replicas = before.replicas,
  rebuild = before.rebuild,
}
local nextByte, nextRow = tonumber(before.nextByte or 0), tonumber(before.nextRow or 0)
-- Rows that a zone takes with it to its new place: { from byte, to byte, bytes }.
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
    local tail = ' and ' .. sold .. ' of its tickets are sold or held'
    if not after[field] then
      refuse('zone ' .. zoneId .. ' would disappear' .. tail)
    else
      local old, new = cjson.decode(before[field]), cjson.decode(after[field])
      local has = 'zone ' .. zoneId .. ' has '
      -- A row's bytes are those of its columns: another width would give sold seats to other buyers.
      if new.columns ~= old.columns then refuse(has .. old.columns .. ' columns' .. tail) end
      if new.rows < old.rows then refuse(has .. old.rows .. ' rows' .. tail) end
      if new.capacity < old.capacity then refuse(has .. 'a capacity of ' .. old.capacity .. tail) end
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

-- Whoever shows the map of seats has another one to show.
local version = redis.call('HINCRBY', KEYS[2], 'version', 1)
for _, field in ipairs(changed) do
  local zoneId = string.match(field, '^zone:(%d+)$')
  if zoneId then redis.call('HSET', KEYS[2], 'version:' .. zoneId, version) end
end
return reply
