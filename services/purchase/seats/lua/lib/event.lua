-- What every command has: the event's keys, its zones, the time, and the answers to Idempotency-Keys.
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
-- KEYS[10] answer: string
-- ARGV[1] event id
-- ARGV[2] fingerprint of the request, or "" without an Idempotency-Key
-- ARGV[3] W3C traceparent, or ""
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
  answer = KEYS[10],
}
local eventId, fingerprint, traceparent = ARGV[1], ARGV[2], ARGV[3]

-- Redis' clock decides, in milliseconds.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

local answerMs = 24 * 3600 * 1000

-- What was answered to the Idempotency-Key, or nil where there is none or it is new.
local function answered()
  local stored = fingerprint ~= '' and redis.call('GET', key.answer)
  if not stored then return nil end
  local first, reply = unpack(cmsgpack.unpack(stored))
  if first ~= fingerprint then return { 'IDEMPOTENCY_KEY_REUSED' } end
  return reply
end

-- Gives `reply`, from now on to each request with the same Idempotency-Key.
local function answer(reply)
  if fingerprint ~= '' then redis.call('SET', key.answer, cmsgpack.pack({ fingerprint, reply }), 'PX', answerMs) end
  return reply
end

local zones = {}

-- A zone as zone-layout.ts describes it, or nil; `width` is its bytes a row.
local function zone_of(zoneId)
  if zones[zoneId] == nil then
    local field = redis.call('HGET', key.inventory, 'zone:' .. zoneId)
    if not field then return nil end
    local rows, columns, capacity, priceMinor, firstByte, firstRow, focusRow, focusColumn =
      string.match(field, '^(%d+):(%d+):(%d+):(%d+):(%d+):(%d+):(%d+):([%d.]+)$')
    zones[zoneId] = {
      id = zoneId,
      rows = tonumber(rows),
      columns = tonumber(columns),
      capacity = tonumber(capacity),
      priceMinor = tonumber(priceMinor),
      firstByte = tonumber(firstByte),
      firstRow = tonumber(firstRow),
      focusRow = tonumber(focusRow),
      focusColumn = tonumber(focusColumn),
      width = math.ceil(columns / 8),
    }
  end
  return zones[zoneId]
end
