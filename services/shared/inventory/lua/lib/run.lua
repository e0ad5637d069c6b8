-- Runs a script: decides every command of the call, then writes all the changes.
--
-- REPLY REPLAYED, reply: the Idempotency-Key was already used with the same request; nothing was changed
-- REPLY IDEMPOTENCY_KEY_REUSED: the key was already used with a different request

local answerMs = 24 * 3600 * 1000

-- Set by a decision whose reply must be kept for its Idempotency-Key.
local isKept

-- Returns `reply`, and keeps it to replay for the same Idempotency-Key.
local function answer(reply)
  isKept = true
  return reply
end

-- A reply with an order, as JSON; `order` and `rest` are JSON already.
local function with_order(word, at, order, rest)
  return '["' .. word .. '",' .. text(at) .. ',' .. order .. (rest and ',' .. rest .. ']' or ']')
end

-- Stored replies by the name of their key: two commands of one call may have the same Idempotency-Key.
local answered = {}

-- The reply to a command as JSON: the one kept for its Idempotency-Key, or the decision.
local function reply_to(command, number, decide)
  local position = command.answer
  local name = position and key.answer[position]
  local stored = position and (answered[name] or redis.call('GET', key.answer[position]))
  if stored then
    local mark = command.fingerprint .. ' '
    local isSame = string.sub(stored, 1, #mark) == mark
    return isSame and '["REPLAYED",' .. string.sub(stored, #mark + 1) .. ']' or '["IDEMPOTENCY_KEY_REUSED"]'
  end
  traceparent, isKept = command.traceparent, false
  local reply = decide(command, number)
  if type(reply) == 'table' then reply = cjson.encode(reply) end
  if position and isKept then
    answered[name] = command.fingerprint .. ' ' .. reply
    changes.answers[position] = answered[name]
  end
  return reply
end

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
  for at, byte in pairs(changes.runs) do redis.call('SETRANGE', key.runs, text(at), string.char(byte)) end
  for _, fields in ipairs(arguments_of(changes.counts, text)) do redis.call('HSET', key.counts, unpack(fields)) end
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
  for position, kept in pairs(changes.answers) do redis.call('SET', key.answer[position], kept, 'PX', answerMs) end
  local events = changes.events
  if #events > 0 then
    -- One entry for the call; see outbox-entry.ts.
    local first = counts.sequence - #events / 2 + 1
    redis.call('XADD', key.outbox, '*', 'first', text(first), 'time', text(now), unpack(events))
  end
end

-- Calls `decide` with each command and its number; it returns a list or JSON. Returns the replies as JSON: [[word, …], …].
local function run(decide)
  local replies = {}
  for number, command in ipairs(commands) do replies[number] = reply_to(command, number, decide) end
  write_changes()
  return '[' .. table.concat(replies, ',') .. ']'
end
