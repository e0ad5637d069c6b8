-- Shared by every script of an event: its keys, the commands of this call, the time, the inventory and the counts.
--
-- One call decides on all the commands that came in one turn of a task's event loop, one after another, each as if it were
-- alone. Nothing is written until all of them are decided: `changes` holds what the call is going to write, run.lua writes it at
-- the end, and an error in any command leaves no trace of the others. So whatever is read from Redis is looked up in `changes`
-- first. It also saves calls of Redis, which are most of a script's cost.
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
-- ARGV[2] the commands, JSON: [{ traceparent? (W3C), fingerprint?, answer?, … }, …]. A command with an Idempotency-Key has the
--         fingerprint of its request, and `answer`: which of the answers' keys is its own, from 1
-- ARGV[3] how many replicas every promise waits for (replicas.ts), or 'all'; '' if a promoted replica is not to be trusted
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

local changes = {
  inventory = {}, -- field → value
  counts = {}, -- field → number
  bits = {}, -- number of a bit of the bitmap, as text → 1 or 0
  runs = {}, -- number of a byte of the runs → its value
  buyers = {}, -- buyer → tickets more, or fewer
  holds = {}, -- hold → JSON; false: forgotten
  deadlines = {}, -- hold → ms; false: forgotten
  orders = {}, -- of each order its id, then as it is kept
  answers = {}, -- number of an answer's key → as it is kept
  events = {}, -- of each domain event its type, then its data
}

-- Redis' clock decides, in milliseconds.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

-- Lua formats a number much faster if it knows that it is an integer.
local function text(integer) return string.format('%d', integer) end

-- The traceparent of the command that is being decided.
local traceparent

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

-- False if the event has no inventory, or one that must not be sold from.
local inventory = false
do
  local fields =
    redis.call('HMGET', key.inventory, 'revision', 'onSaleAtMs', 'holdMs', 'ticketsPerBuyer', 'lineage', 'replicas')
  local revision, onSaleAtMs, holdMs, ticketsPerBuyer, lineage, replicas = unpack(fields)
  if revision then
    local mayHaveLost, noticed = check_lineage(lineage, replicas, ARGV[3])
    changes.inventory = noticed
    inventory = not mayHaveLost
      and {
        revision = revision,
        onSaleAtMs = tonumber(onSaleAtMs),
        holdMs = tonumber(holdMs),
        ticketsPerBuyer = tonumber(ticketsPerBuyer),
      }
  end
end

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
