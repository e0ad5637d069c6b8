-- Ends overdue holds, so that the counts and the seat map show it. Selling does not depend on it: every command that needs
-- seats ends overdue holds too.
--
-- REPLY MORE: there may be more of them
-- REPLY DONE
-- COST O(overdue holds, at most 50)
-- INCLUDE ../../../shared/inventory/lua/lib/lineage.lua
-- INCLUDE ../../../shared/inventory/lua/lib/event.lua
-- INCLUDE ../../../shared/inventory/lua/lib/seats.lua
-- INCLUDE lib/tallies.lua
-- INCLUDE lib/holds.lua

return event.run(function() return { event.inventory and holds.expire_overdue() and 'MORE' or 'DONE' } end)
