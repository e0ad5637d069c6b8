-- Takes requests from the limits of an API key, as many as there are left: its bucket (GCRA, basics/gcra.ts) and its quota of the day
-- (UTC). All processes share them.
--
-- KEYS[1] keyLimit: hash { fullAt: when the bucket will be full again (µs), day: its number, used: requests of that day }
-- ARGV[1] how many requests
-- ARGV[2] the bucket's size
-- ARGV[3] microseconds until it gets another one
-- ARGV[4] requests in a day
-- COST O(1)

local time = redis.call('TIME')
local second = tonumber(time[1])
local now = second * 1000000 + time[2]
local wanted, burst, every, quota = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local daySeconds = 86400
local day = math.floor(second / daySeconds)

local kept = redis.call('HMGET', KEYS[1], 'fullAt', 'day', 'used')
local fullAt = math.max(tonumber(kept[1] or 0), now)
local used = tonumber(kept[2] or -1) == day and tonumber(kept[3]) or 0
-- A plan may have become smaller.
fullAt = math.min(fullAt, now + burst * every)

local granted = math.max(0, math.min(wanted, math.floor(burst - (fullAt - now) / every), quota - used))
if granted > 0 then
  fullAt = fullAt + granted * every
  used = used + granted
  redis.call('HSET', KEYS[1], 'fullAt', string.format('%.0f', fullAt), 'day', day, 'used', used)
  redis.call('EXPIRE', KEYS[1], 2 * daySeconds)
end

-- How many were granted; ms until the bucket is full, left of the quota, and ms until the next day.
return { granted, math.ceil((fullAt - now) / 1000), quota - used, ((day + 1) * daySeconds - second) * 1000 }
