-- Gives up a hold: its seats are free at once.
--
-- ARGV[4] hold id
-- REPLY RELEASED
-- REPLY NO_INVENTORY
-- REPLY HOLD_NOT_FOUND
-- REPLY HOLD_CONFIRMED: it became an order
-- COST O(tickets)
-- INCLUDE event
-- INCLUDE seats
-- INCLUDE holds

if redis.call('EXISTS', key.inventory) == 0 then return { 'NO_INVENTORY' } end

local hold = hold_of(ARGV[4])
if not hold then return { 'HOLD_NOT_FOUND' } end
if hold.state == 'sold' then return { 'HOLD_CONFIRMED' } end
if hold.state == 'held' then move(hold.order.buyerId, hold.order.tickets, 'held', 'free') end
forget_hold(ARGV[4])
return { 'RELEASED' }
