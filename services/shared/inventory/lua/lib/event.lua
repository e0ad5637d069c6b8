-- The frame of every script that decides commands on an event: its keys, the time, the inventory and the counts, and `run`.
--
-- One call decides all the commands that a process has queued for the event, one after another, each as if it were alone. Nothing is
-- written until all of them are decided: `changes` collects the writes, and `run` makes them at the end. So if one command fails, none
-- of the call's commands has written anything. Every read from Redis must therefore look in `changes` first. This also saves calls
-- to Redis, which are most of a script's cost.
--
-- KEYS[1] inventory: hash
-- KEYS[2] counts: hash
-- KEYS[3] taken: bitmap
-- KEYS[4] blocked: bitmap
-- KEYS[5] runs: string
-- KEYS[6] orders: hash
-- KEYS[7] holds: hash
-- KEYS[8] deadlines: sorted set
-- KEYS[9] buyers: hash
-- KEYS[10] tallies: hash
-- KEYS[11] outbox: stream
-- KEYS[12…] reply: string, of each Idempotency-Key
-- ARGV[1] event id
-- ARGV[2] the commands, JSON: [{ traceparent? (W3C), fingerprint?, replyNumber?, … }, …]. A command with an Idempotency-Key has
--         the fingerprint of its request, and the number of its reply's key, from 1
-- ARGV[3] how many replicas every promise waits for (replicas.ts), or 'all'; '' if a promoted replica cannot be trusted
-- REPLY REPLAYED, reply: the Idempotency-Key was already used with the same request; nothing was changed
-- REPLY IDEMPOTENCY_KEY_REUSED: the key was already used with a different request
-- USES lineage
-- RETURNS id, key, commands, now, inventory, changes, text, count_of, set_count, add_to_count, zone_of, append, final, with_order, run

local key = {
  inventory = KEYS[1],
  counts = KEYS[2],
  taken = KEYS[3],
  blocked = KEYS[4],
  runs = KEYS[5],
  orders = KEYS[6],
  holds = KEYS[7],
  deadlines = KEYS[8],
  buyers = KEYS[9],
  tallies = KEYS[10],
  outbox = KEYS[11],
  reply = { unpack(KEYS, 12) },
}
local id, commands = ARGV[1], cjson.decode(ARGV[2])

local changes = {
  inventory = {}, -- field → value
  counts = {}, -- field → number
  bits = {}, -- number of a bit in the bitmap of taken seats, as text → 1 or 0
  blocked = {}, -- number of a bit in the bitmap of blocked seats, as text → 1 or 0
  runs = {}, -- number of a byte of the runs → its value
  buyers = {}, -- buyer → change in their number of tickets
  tallies = {}, -- field → number; false: 0
  holds = {}, -- hold → JSON; false: deleted
  deadlines = {}, -- hold → ms; false: deleted
  orders = {}, -- for each order its id, then its stored text
  replies = {}, -- number of a reply's key → stored text
  domainEvents = {}, -- for each domain event its type, then its data
}

-- Redis' clock decides, in milliseconds.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

-- Lua formats a number much faster as an integer.
local function text(integer) return string.format('%d', integer) end

local counts = {}

local function count_of(field)
  if not counts[field] then counts[field] = tonumber(redis.call('HGET', key.counts, field) or 0) end
  return counts[field]
end

local function set_count(field, number)
  counts[field] = number
  changes.counts[field] = number
end

local function add_to_count(field, number) set_count(field, count_of(field) + number) end

-- False if the event has no inventory, or one that nothing may be sold from.
local inventory = false
do
  local fields = redis.call(
    'HMGET', key.inventory,
    'revision', 'lineage', 'replicas', 'state', 'onSaleAtMs', 'offSaleAtMs', 'holdMs', 'ticketsPerBuyer', 'confirmWhilePaused',
    'payment'
  )
  local revision, known, replicas, state, onSaleAtMs, offSaleAtMs, holdMs, ticketsPerBuyer = unpack(fields)
  local confirmWhilePaused, payment = unpack(fields, 9)
  if revision and state ~= 'archived' then
    local mayHaveLost, noticed = lineage.check(known, replicas, ARGV[3])
    changes.inventory = noticed
    inventory = not mayHaveLost
      and {
        revision = revision,
        isPaused = state == 'paused',
        isClosed = state == 'closed' or now >= tonumber(offSaleAtMs or math.huge),
        mayConfirm = confirmWhilePaused ~= 'never' and (state ~= 'paused' or confirmWhilePaused == '1'),
        onSaleAtMs = tonumber(onSaleAtMs),
        holdMs = tonumber(holdMs),
        ticketsPerBuyer = tonumber(ticketsPerBuyer),
        needsPayment = payment == 'required',
      }
  end
end

local zones = {}

-- A zone as zone-layout.ts reads it, or nil. `width` is its bytes per row; `searches` is what the searches for its best seats know, by
-- view (best-seats.lua); `hallRows` caches the rows of a hall (seats.lua).
local function zone_of(zoneId)
  if zones[zoneId] == nil then
    local field = redis.call('HGET', key.inventory, 'zone:' .. zoneId)
    if not field then return nil end
    local zone = cjson.decode(field)
    zone.id = zoneId
    zone.width = math.ceil(zone.columns / 8)
    zone.searches, zone.hallRows = {}, {}
    zones[zoneId] = zone
  end
  return zones[zoneId]
end

-- The traceparent of the current command, and whether its reply must be kept for its Idempotency-Key.
local traceparent, isKept

-- Gives a domain event its sequence number, and adds that to the data, a JSON object. `run` appends it to the outbox. Returns the data.
local function append(type, data)
  add_to_count('sequence', 1)
  local json = '{"sequence":' .. text(counts.sequence) .. ',' .. string.sub(data, 2)
  local list = changes.domainEvents
  list[#list + 1] = traceparent and type .. ' ' .. traceparent or type
  list[#list + 1] = json
  return json
end

-- Returns `reply`, which is final: it is kept, and replayed for the same Idempotency-Key.
local function final(reply)
  isKept = true
  return reply
end

-- A reply with a time and an order; `order` and `rest` are JSON already.
local function with_order(word, at, order, rest)
  return '["' .. word .. '",' .. text(at) .. ',' .. order .. (rest and ',' .. rest .. ']' or ']')
end

-- Stored replies by the name of their key: two commands of one call may have the same Idempotency-Key.
local stored = {}

-- The reply to a command as JSON: the one kept for its Idempotency-Key, or the decision.
local function reply_to(command, number, decide)
  local position = command.replyNumber
  local name = position and key.reply[position]
  local known = position and (stored[name] or redis.call('GET', key.reply[position]))
  if known then
    local mark = command.fingerprint .. ' '
    local isSame = string.sub(known, 1, #mark) == mark
    return isSame and '["REPLAYED",' .. string.sub(known, #mark + 1) .. ']' or '["IDEMPOTENCY_KEY_REUSED"]'
  end
  traceparent, isKept = command.traceparent, false
  local reply = decide(command, number)
  if type(reply) == 'table' then reply = cjson.encode(reply) end
  if position and isKept then
    stored[name] = command.fingerprint .. ' ' .. reply
    changes.replies[position] = stored[name]
  end
  return reply
end

local replyMs = 24 * 3600 * 1000
-- Lua's stack has room for some 8,000 arguments; each field takes two.
local maxArguments = 1000

-- Turns a table into arguments for one or more calls: lists of names, each followed by its value as formatted by `format`.
local function arguments_of(values, format)
  local lists, list = {}, nil
  for name, value in pairs(values) do
    if not list or #list == maxArguments then
      list = {}
      lists[#lists + 1] = list
    end
    list[#list + 1] = name
    list[#list + 1] = format(value)
  end
  return lists
end

local function as_it_is(value) return value end

-- Splits a table whose false values mean deletion into the values to write and the names to delete.
local function divide(values)
  local kept, gone = {}, {}
  for name, value in pairs(values) do
    if value then kept[name] = value else gone[#gone + 1] = name end
  end
  return kept, gone
end

local function write_changes()
  for field, value in pairs(changes.inventory) do redis.call('HSET', key.inventory, field, value) end
  for bit, value in pairs(changes.bits) do redis.call('SETBIT', key.taken, bit, value) end
  for bit, value in pairs(changes.blocked) do redis.call('SETBIT', key.blocked, bit, value) end
  for at, byte in pairs(changes.runs) do redis.call('SETRANGE', key.runs, text(at), string.char(byte)) end
  for _, fields in ipairs(arguments_of(changes.counts, text)) do redis.call('HSET', key.counts, unpack(fields)) end
  local tallies, gone = divide(changes.tallies)
  for _, fields in ipairs(arguments_of(tallies, text)) do redis.call('HSET', key.tallies, unpack(fields)) end
  if #gone > 0 then redis.call('HDEL', key.tallies, unpack(gone)) end
  for buyerId, more in pairs(changes.buyers) do
    if more ~= 0 and redis.call('HINCRBY', key.buyers, buyerId, text(more)) <= 0 then
      redis.call('HDEL', key.buyers, buyerId)
    end
  end
  local holds, forgotten = divide(changes.holds)
  for _, fields in ipairs(arguments_of(holds, as_it_is)) do redis.call('HSET', key.holds, unpack(fields)) end
  local deadlines = divide(changes.deadlines)
  for holdId, deadline in pairs(deadlines) do redis.call('ZADD', key.deadlines, text(deadline), holdId) end
  if #forgotten > 0 then
    redis.call('HDEL', key.holds, unpack(forgotten))
    redis.call('ZREM', key.deadlines, unpack(forgotten))
  end
  if #changes.orders > 0 then redis.call('HSET', key.orders, unpack(changes.orders)) end
  for position, reply in pairs(changes.replies) do redis.call('SET', key.reply[position], reply, 'PX', replyMs) end
  local domainEvents = changes.domainEvents
  if #domainEvents > 0 then
    -- One entry for the call; see outbox-entry.ts.
    local first = counts.sequence - #domainEvents / 2 + 1
    redis.call('XADD', key.outbox, '*', 'first', text(first), 'time', text(now), unpack(domainEvents))
  end
end

-- Calls `decide` with each command and its number; it returns a list or JSON. Then writes all the changes, and returns the replies as
-- JSON: [[word, …], …].
local function run(decide)
  local replies = {}
  for number, command in ipairs(commands) do replies[number] = reply_to(command, number, decide) end
  write_changes()
  return '[' .. table.concat(replies, ',') .. ']'
end

return {
  id = id,
  key = key,
  commands = commands,
  now = now,
  inventory = inventory,
  changes = changes,
  text = text,
  count_of = count_of,
  set_count = set_count,
  add_to_count = add_to_count,
  zone_of = zone_of,
  append = append,
  final = final,
  with_order = with_order,
  run = run,
}
