-- What every script has: the event's keys, its commands and their answers, the time, and the counts.
--
-- One call decides on all the commands that came in one turn of a task's event loop, one after another, each as if it were
-- alone. What they have in common is read once, and what they add up to is written once, at the end: a script's cost is in its
-- calls of Redis.
--
-- KEYS[1] inventory: hash
-- KEYS[2] counts: hash
-- KEYS[3] taken: bitmap
-- KEYS[4] runs: string
-- KEYS[5] orders: hash
-- KEYS[6] holds: hash
-- KEYS[7] deadlines: sorted set
-- KEYS[8] buyers: hash
-- KEYS[9] outbox: stream
-- KEYS[10…] answer: string, of each Idempotency-Key
-- ARGV[1] event id
-- ARGV[2] the commands, JSON: [{ traceparent? (W3C), fingerprint?, answer?, … }, …], where it has an Idempotency-Key with what
--         tells its request from another, and which of the answers' keys is its own, from 1
-- ARGV[3] whether a replica that is promoted has all that was promised (replicas.ts): 'trusted', or ''
-- REPLY IDEMPOTENCY_KEY_REUSED: the key came before, with another request
local key = {
  inventory = KEYS[1],
  counts = KEYS[2],
  taken = KEYS[3],
  runs = KEYS[4],
  orders = KEYS[5],
  holds = KEYS[6],
  deadlines = KEYS[7],
  buyers = KEYS[8],
  outbox = KEYS[9],
  answer = { unpack(KEYS, 10) },
}
local eventId, commands = ARGV[1], cjson.decode(ARGV[2])

-- Redis' clock decides, in milliseconds.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

local answerMs = 24 * 3600 * 1000
local traceparent, isKept

-- Lua writes a number as text much faster when it is told that it is an integer.
local function text(integer) return string.format('%d', integer) end

-- Gives `reply`, from now on to each command with the same Idempotency-Key.
local function answer(reply)
  isKept = true
  return reply
end

-- A reply that tells of an order, which is JSON already; `rest` is plain text.
local function with_order(word, at, order, rest)
  return '["' .. word .. '",' .. text(at) .. ',' .. order .. (rest and ',"' .. rest .. '"]' or ']')
end

-- Has `decide` give each command's reply, by the command and its number: a list, or JSON. The reply to all of them is one text, JSON: [[word, …], …].
local function decide_each(decide)
  local replies = {}
  for at, command in ipairs(commands) do
    local stored = command.answer and redis.call('GET', key.answer[command.answer])
    if stored then
      local mark = command.fingerprint .. ' '
      local isSame = string.sub(stored, 1, #mark) == mark
      replies[at] = isSame and string.sub(stored, #mark + 1) or '["IDEMPOTENCY_KEY_REUSED"]'
    else
      traceparent, isKept = command.traceparent, false
      local reply = decide(command, at)
      if type(reply) == 'table' then reply = cjson.encode(reply) end
      if command.answer and isKept then
        redis.call('SET', key.answer[command.answer], command.fingerprint .. ' ' .. reply, 'PX', answerMs)
      end
      replies[at] = reply
    end
  end
  return '[' .. table.concat(replies, ',') .. ']'
end

local counts, newCounts = {}, {}

local function count_of(field)
  if not counts[field] then counts[field] = tonumber(redis.call('HGET', key.counts, field) or 0) end
  return counts[field]
end

local function set_count(field, number)
  counts[field] = number
  newCounts[field] = number
end

local function add_to_count(field, number) set_count(field, count_of(field) + number) end

local fields = redis.call('HMGET', key.inventory, 'revision', 'onSaleAtMs', 'holdMs', 'ticketsPerBuyer', 'lineage')

-- False where the event has none, or one that cannot be sold by.
local inventory = fields[1]
  and not may_have_lost(fields[5], ARGV[3] == 'trusted')
  and {
    revision = fields[1],
    onSaleAtMs = tonumber(fields[2]),
    holdMs = tonumber(fields[3]),
    ticketsPerBuyer = tonumber(fields[4]),
  }

local zones = {}

-- A zone as zone-layout.ts reads it, or nil; `width` is its bytes a row, `runs` what best-seats.lua knows of rows.
local function zone_of(zoneId)
  if zones[zoneId] == nil then
    local field = redis.call('HGET', key.inventory, 'zone:' .. zoneId)
    if not field then return nil end
    local zone = cjson.decode(field)
    zone.id = zoneId
    zone.width = math.ceil(zone.columns / 8)
    zone.runs = {}
    zones[zoneId] = zone
  end
  return zones[zoneId]
end
