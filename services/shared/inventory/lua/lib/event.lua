-- Shared by every script of an event: its keys, the commands of this call, the time, the inventory and the counts.
--
-- One call decides all the commands that a task has queued for the event, one after another, each as if it were alone. Nothing is
-- written until all of them are decided: `changes` collects the writes, run.lua makes them at the end, and so an error in one
-- command leaves no trace of the others. Every read from Redis must therefore look in `changes` first. This also saves calls
-- to Redis, which are most of a script's cost.
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
-- ARGV[3] how many replicas every promise waits for (replicas.ts), or 'all'; '' if a promoted replica cannot be trusted
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
  bits = {}, -- number of a bit in the bitmap, as text → 1 or 0
  runs = {}, -- number of a byte of the runs → its value
  buyers = {}, -- buyer → change in their number of tickets
  holds = {}, -- hold → JSON; false: deleted
  deadlines = {}, -- hold → ms; false: deleted
  orders = {}, -- for each order its id, then its stored text
  answers = {}, -- number of an answer's key → stored text
  events = {}, -- for each domain event its type, then its data
}

-- Redis' clock decides, in milliseconds.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

-- Lua formats a number much faster as an integer.
local function text(integer) return string.format('%d', integer) end

-- The traceparent of the current command.
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

-- False if the event has no inventory, or one that nothing may be sold from.
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

-- A zone as zone-layout.ts reads it, or nil. `width` is its bytes per row; `runs` caches the free runs of rows (best-seats.lua).
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
