-- Gives a hold its whole time once more, from now: once.
--
-- ARGV[4] hold id
-- REPLY HELD, until (ms), the order as JSON
-- REPLY NO_INVENTORY
-- REPLY HOLD_NOT_FOUND
-- REPLY HOLD_CONFIRMED: it became an order
-- REPLY HOLD_EXPIRED
-- REPLY HOLD_EXTENDED: it was before
-- COST O(1)
-- INCLUDE event
-- INCLUDE seats
-- INCLUDE holds

local known = answered()
if known then return known end
local holdMs = redis.call('HGET', key.inventory, 'holdMs')
if not holdMs then return { 'NO_INVENTORY' } end

local holdId = ARGV[4]
local hold = hold_of(holdId)
if not hold then return { 'HOLD_NOT_FOUND' } end
if hold.state == 'sold' then return answer({ 'HOLD_CONFIRMED' }) end
if hold.state == 'expired' or is_overdue(holdId) then return answer({ 'HOLD_EXPIRED' }) end
if hold.extended then return answer({ 'HOLD_EXTENDED' }) end

hold.extended = true
local heldUntil = now + tonumber(holdMs)
keep_hold(holdId, hold, heldUntil)
return answer({ 'HELD', heldUntil, cjson.encode(hold.order) })
