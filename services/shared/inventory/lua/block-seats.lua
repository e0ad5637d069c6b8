-- Blocks free seats, all or none, so that no buyer gets them; or frees blocked ones.
--
-- Each command has
--   revision   of the inventory that the places are from
--   places     { zone id, bit }, …
--   isBlocked  true to block them, false to free them
--
-- REPLY BLOCKED, how many were changed: the others were so already
-- REPLY STALE: the inventory has another revision; nothing was changed
-- REPLY NO_INVENTORY
-- REPLY SEAT_TAKEN, position, …: of seats that are sold or held
-- COST O(places)
-- INCLUDE lib/lineage.lua
-- INCLUDE lib/event.lua
-- INCLUDE lib/seats.lua

local function decide(command)
  if not event.inventory then return { 'NO_INVENTORY' } end
  if command.revision ~= event.inventory.revision then return { 'STALE' } end
  local from, to = 'free', 'blocked'
  if not command.isBlocked then
    from, to = to, from
  end
  local changed, taken, isNoted = {}, { 'SEAT_TAKEN' }, {}
  for at, place in ipairs(command.places) do
    local isBlocked = seats.is_blocked(place[2])
    if seats.is_taken(place[2]) and not isBlocked then
      taken[#taken + 1] = at - 1
    elseif isBlocked ~= command.isBlocked and not isNoted[place[2]] then
      changed[#changed + 1] = place
      isNoted[place[2]] = true
    end
  end
  -- Freeing a seat that was sold meanwhile changes nothing: it is free of the block already.
  if #taken > 1 and command.isBlocked then return taken end
  seats.move(nil, changed, from, to)
  return { 'BLOCKED', #changed }
end

return event.run(decide)
