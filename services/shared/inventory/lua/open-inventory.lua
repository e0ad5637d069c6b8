-- Opens an event's inventory, or changes it; refuses changes that would affect tickets sold or held, or seats blocked.
--
-- The caller has arranged the zones from the inventory that it read (arrange-zones.ts), and names a field that shows that this is still
-- the current one.
--
-- KEYS[1] inventory: hash
-- KEYS[2] counts: hash
-- KEYS[3] taken: bitmap
-- KEYS[4] blocked: bitmap
-- KEYS[5] runs: string
-- ARGV[1] the change, JSON:
--   expected   an inventory field and the value that it must have; '' if it must not exist
--   revision   the inventory's new revision, if this changes it
--   isDryRun   true to change nothing, but reply as usual
--   fields     the inventory's fields and their values, except those that only scripts write
--   zones      for each zone: id, capacity, first byte, bytes, first row, rows, views; the last five are 0 in general admission
--   changes    for each zone whose block changes: zoneId, from?, to? (firstByte, bytes), moves, gone (as in arrange-zones.ts)
-- ARGV[2] the bytes of the masks and blocks, one after another
-- ARGV[3] which bytes those are, JSON: { masks = [[inventory field, first, last], …], absent = [[first, last], …] for each change,
--         blocked = [[zone id, first, last], …] }
-- REPLY OPENED
-- REPLY CHANGED
-- REPLY UNCHANGED
-- REPLY REFUSED, reasons, seats: nothing was changed. Seats are lists of zone id, bit of the zone, and 'taken' or 'blocked'
-- REPLY STALE: the field has another value; nothing was changed
-- COST O(zones + seats of zones that change shape or have blocked seats), once per `open`
-- INCLUDE lib/lineage.lua
-- INCLUDE lib/bits.lua

-- Redis keeps a hash of a few hundred short fields as a list, and searches it linearly, unless a value is longer than 64 bytes.
local about = 'Counts of an event by zone, read one at a time by every purchase: kept as a table.'
-- Fields that only scripts write.
local own = { revision = true, lineage = true, replicas = true, rebuild = true, state = true, confirmWhilePaused = true }
-- More than a person reads.
local maxSeats = 1000

local change, bytes, places = cjson.decode(ARGV[1]), ARGV[2], cjson.decode(ARGV[3])

local function fields_of(flat, read)
  local fields = {}
  for i = 1, #flat, 2 do fields[flat[i]] = read(flat[i + 1]) end
  return fields
end
local before = fields_of(redis.call('HGETALL', KEYS[1]), tostring)
local counts = fields_of(redis.call('HGETALL', KEYS[2]), tonumber)
local function count_of(word, zoneId) return counts[word .. ':' .. zoneId] or 0 end

-- An inventory that is being rebuilt already has the field `rebuild`, but no layout yet.
local isNew = not before.venueId
if (before[change.expected[1]] or '') ~= change.expected[2] then return cjson.encode({ 'STALE' }) end

local reasons, seats = {}, {}
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
  if before.venueId ~= change.fields.venueId then refuse('the venue is ' .. before.venueId .. tail) end
  local owner = before.organiser or 'main'
  if owner ~= (change.fields.organiser or 'main') then refuse('the organiser is ' .. owner .. tail) end
  if before.currency ~= change.fields.currency then refuse('the currency is ' .. before.currency .. tail) end
end

local zones = {}
for _, zone in ipairs(change.zones) do
  local zoneId, capacity, firstByte, length, firstRow, rows, views = unpack(zone)
  zones[zoneId] =
    { capacity = capacity, firstByte = firstByte, bytes = length, firstRow = firstRow, rows = rows, views = views }
end

-- What is sold or held in a zone must fit into what the zone becomes.
for field, text in pairs(before) do
  local zoneId = tonumber(string.match(field, '^zone:(%d+)$'))
  local sold = zoneId and count_of('sold', zoneId) + count_of('held', zoneId) or 0
  if sold > 0 then
    local old, new = cjson.decode(text), zones[zoneId]
    local tail = sold .. ' of its tickets ' .. (sold == 1 and 'is' or 'are') .. ' sold or held'
    if not new then
      refuse('zone ' .. zoneId .. ' would disappear, but ' .. tail)
    elseif (old.rows > 0) ~= (new.rows > 0) then
      refuse('zone ' .. zoneId .. ' has ' .. (old.rows > 0 and 'seats' or 'no seats') .. ' and must keep it so: ' .. tail)
    elseif new.capacity < sold then
      refuse('zone ' .. zoneId .. ' cannot have a capacity of ' .. new.capacity .. ': ' .. tail)
    end
  end
end

local function read_taken(block)
  return bits.bytes_of(redis.call('GETRANGE', KEYS[3], block.firstByte, block.firstByte + block.bytes - 1), block.bytes)
end
local function read_blocked(block)
  return bits.bytes_of(redis.call('GETRANGE', KEYS[4], block.firstByte, block.firstByte + block.bytes - 1), block.bytes)
end
-- Bytes from ARGV[2]; a list ends with the first and the last.
local function part(list) return string.sub(bytes, list[#list - 1], list[#list]) end
local takenBlocks, blockedBlocks = {}, {}
for at, moved in ipairs(change.changes) do
  local taken, blocked = {}, {}
  if moved.from then
    taken, blocked = read_taken(moved.from), read_blocked(moved.from)
  end
  for _, run in ipairs(moved.gone) do
    for position = run[1], run[1] + run[2] - 1 do
      if bits.get(taken, position) and #seats < maxSeats then
        seats[#seats + 1] = { moved.zoneId, position, bits.get(blocked, position) and 'blocked' or 'taken' }
      end
    end
  end
  if moved.to then
    local newTaken, newBlocked = bits.bytes_of(part(places.absent[at]), moved.to.bytes), bits.bytes_of('', moved.to.bytes)
    for _, run in ipairs(moved.moves) do
      bits.copy(taken, run[1], newTaken, run[2], run[3])
      bits.copy(blocked, run[1], newBlocked, run[2], run[3])
    end
    takenBlocks[moved.zoneId], blockedBlocks[moved.zoneId] = newTaken, newBlocked
  end
end

local wanted = {}
for _, list in ipairs(places.blocked) do wanted[list[1]] = part(list) end
-- Blocks the free seats that the caller wants blocked, and frees those that it does not. A seat that is sold or held stays so.
local blockedCounts, changedSeats = {}, {}
for zoneId, zone in pairs(zones) do
  if zone.rows > 0 and (wanted[zoneId] or count_of('blocked', zoneId) > 0) then
    local taken = takenBlocks[zoneId] or read_taken(zone)
    local blocked = blockedBlocks[zoneId] or read_blocked(zone)
    local want, number = bits.bytes_of(wanted[zoneId] or '', zone.bytes), 0
    for at = 1, zone.bytes do
      if want[at] ~= 0 or blocked[at] ~= 0 then
        for position = (at - 1) * 8, at * 8 - 1 do
          local isBlocked, isWanted = bits.get(blocked, position), bits.get(want, position)
          if isWanted ~= isBlocked and (isBlocked or not bits.get(taken, position)) then
            bits.set(taken, position, isWanted)
            bits.set(blocked, position, isWanted)
            isBlocked = isWanted
            changedSeats[zoneId] = true
          end
          if isBlocked then number = number + 1 end
        end
      end
    end
    takenBlocks[zoneId], blockedBlocks[zoneId] = taken, blocked
    blockedCounts[zoneId] = number
  end
end
if #reasons + #seats > 0 then return cjson.encode({ 'REFUSED', reasons, seats }) end

local after = change.fields
for _, list in ipairs(places.masks) do after[list[1]] = part(list) end
if isNew then after.lineage = before.lineage or lineage.current() end
local changed = {}
for field in pairs(before) do
  if not own[field] and not after[field] then changed[#changed + 1] = field end
end
for field, value in pairs(after) do
  if before[field] ~= value then changed[#changed + 1] = field end
end
local isChanged = #changed > 0 or next(changedSeats) ~= nil
local word = isNew and 'OPENED' or isChanged and 'CHANGED' or 'UNCHANGED'
if change.isDryRun or word == 'UNCHANGED' then return cjson.encode({ word }) end

for _, field in ipairs(changed) do
  if after[field] then redis.call('HSET', KEYS[1], field, after[field]) else redis.call('HDEL', KEYS[1], field) end
end
redis.call('HSET', KEYS[1], 'revision', change.revision)
if isNew then redis.call('HSET', KEYS[2], 'about', about) end
for zoneId, taken in pairs(takenBlocks) do
  local zone, blocked = zones[zoneId], blockedBlocks[zoneId]
  redis.call('SETRANGE', KEYS[3], zone.firstByte, bits.text_of(taken))
  if blockedCounts[zoneId] then
    redis.call('SETRANGE', KEYS[4], zone.firstByte, bits.text_of(blocked))
    redis.call('HSET', KEYS[2], 'blocked:' .. zoneId, blockedCounts[zoneId])
  end
  -- The search for the best seats forgets what it knew: too optimistic is fine (best-seats.lua).
  if changedSeats[zoneId] and redis.call('EXISTS', KEYS[5]) == 1 then
    redis.call('SETRANGE', KEYS[5], zone.firstRow * 2, string.rep('\0', 2 * zone.rows * math.max(1, zone.views)))
  end
end
if isNew then return cjson.encode({ word }) end

-- Clients that show the seat map must read the changed zones again.
local version = redis.call('HINCRBY', KEYS[2], 'version', 1)
for _, field in ipairs(changed) do
  local zoneId = string.match(field, '^zone:(%d+)$')
  if zoneId then changedSeats[tonumber(zoneId)] = true end
end
for zoneId in pairs(changedSeats) do redis.call('HSET', KEYS[2], 'version:' .. zoneId, version) end
return cjson.encode({ word })
