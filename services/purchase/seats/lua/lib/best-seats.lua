-- Chooses a zone's best seats: in one row, side by side, nearest to the zone's focus, leaving no single seat alone if that can be
-- avoided. If a run of free seats divides evenly into groups of the wanted size, a group takes one of these parts, so that a crowd
-- of such groups fills the row.
--
-- A zone with several categories, or with wheelchair places, is searched by view: each view hides some positions.
--
-- It remembers two bytes for each row of a view, which may be too optimistic but never too pessimistic; zero is the most optimistic:
--   fit   128 + 2 × (52 − L) + n: L is the longest run of free seats, n is 1 if no run has exactly L − 1; 0 if L is 52 or more.
--         From 128 on, because lower bytes are magic in Lua's patterns
--   near  the distance of its free seats from the focus, in whole columns (255: or more)
-- A row has a run for q seats if q <= L, and one that leaves no single seat if q is not L − 1 or n is 0. Taking a seat
-- clears n, and freeing one clears both bytes: so a row is read again only after it has changed.
--
-- USES event, seats
-- RETURNS choose, choose_accessible

local key, text, byte_now = event.key, event.text, seats.byte_now

-- An order has at most 50 tickets.
local longestRun = 52
-- Limits on the seats looked at, or runs in rows already read: for one group, and in the whole call. Beyond the latter, searches
-- wait for another call.
local maxLookedAt, maxInCall = 8192, 16384
local lookedAtInCall = 0

local function fit_of(runs)
  local longest, oneLess = 0, false
  for _, run in ipairs(runs) do longest = math.max(longest, run.length) end
  if longest >= longestRun then return 0 end
  for _, run in ipairs(runs) do oneLess = oneLess or run.length == longest - 1 end
  return 128 + 2 * (longestRun - longest) + (oneLess and 0 or 1)
end

local function near_of(runs, focusColumn)
  local nearest = 255
  for _, run in ipairs(runs) do
    local last = run.first + run.length - 1
    local away = math.max(run.first - focusColumn, focusColumn - last, 0)
    nearest = math.min(nearest, math.floor(away))
  end
  return nearest
end

-- Patterns for the byte `fit`: `fitting` matches rows that may have a run for `quantity`, `clean` those where it leaves no single seat.
local function fitting(quantity) return '[%z\128-' .. string.char(128 + 2 * (longestRun - quantity) + 1) .. ']' end
local function clean(quantity)
  local own = 128 + 2 * (longestRun - quantity)
  return '[%z\128-' .. string.char(own - 2) .. string.char(own) .. '-' .. string.char(own + 1) .. ']'
end

-- Iterates over the rows whose byte matches `class`, nearest to the focus first: row, rows away.
local function outward(fits, focusRow, class)
  local ahead, behind = string.sub(fits, focusRow), string.reverse(string.sub(fits, 1, focusRow - 1))
  local a, b = string.find(ahead, class), string.find(behind, class)
  return function()
    if a and (not b or a - 1 <= b) then
      local away = a - 1
      a = string.find(ahead, class, a + 1)
      return focusRow + away, away
    elseif b then
      local away = b
      b = string.find(behind, class, b + 1)
      return focusRow - away, away
    end
  end
end

-- Places a group in a run. Returns its first column, its distance from the focus in columns, and whether it leaves no single seat.
local function place_in(run, quantity, focusColumn)
  local spare = run.length - quantity
  local step = run.length % quantity == 0 and quantity or 1
  local ideal = focusColumn - (quantity - 1) / 2 - run.first
  local middle = math.floor(math.min(math.max(ideal, 0), spare) / step + 0.5) * step
  local best, least, bestIsClean
  for offset = math.max(middle - 2 * step, 0), math.min(middle + 2 * step, spare), step do
    local isClean = offset ~= 1 and spare - offset ~= 1
    local fromFocus = math.abs(offset - ideal)
    if not best or (isClean and not bestIsClean) or (isClean == bestIsClean and fromFocus < least) then
      best, least, bestIsClean = offset, fromFocus, isClean
    end
  end
  return run.first + best, least, bestIsClean
end

-- What a view hides of its zone (arrange-zones.ts): a string with a bit for each position, or '' if nothing.
local function mask_of(zone, view)
  zone.masks = zone.masks or {}
  if not zone.masks[view] then
    zone.masks[view] = zone.views and redis.call('HGET', key.inventory, 'mask:' .. zone.id .. ':' .. view) or ''
  end
  return zone.masks[view]
end

-- Chooses `quantity` seats among those that a view of a zone shows: a list of { row, column }, and how far from the focus they are if
-- they are side by side. `own` has the seats of the zone that the order already has: by row, then column. Returns nil and
-- 'NO_ADJACENT_SEATS' if there are none side by side and `split` does not allow several groups; nil and 'SOLD_OUT' if there are too few;
-- nil and 'AGAIN' if it has looked at too many seats for one group or in this call. The next call continues from there.
local function choose(zone, view, quantity, split, own)
  if lookedAtInCall >= maxInCall then return nil, 'AGAIN' end
  seats.begin_searching()
  local search, mask = seats.search_of(zone, view), mask_of(zone, view)
  local chosen, lookedAt = {}, 0
  local function is_chosen(row, column)
    return (chosen[row] and chosen[row][column]) or (own[row] and own[row][column])
  end
  local function look_at(count)
    lookedAt = lookedAt + count
    lookedAtInCall = lookedAtInCall + count
  end

  -- The runs of free seats in a row: { first, length }. They are cached, because searches in one call mostly look at the same rows.
  local function free_runs(row)
    local hasOwn = chosen[row] or own[row]
    local known = not hasOwn and search.runs[row]
    if known then
      look_at(#known)
      return known
    end
    look_at(zone.columns)
    local start = seats.byte_of(zone, row)
    local read = redis.call('GETRANGE', key.taken, text(start), text(start + zone.width - 1))
    local masked, runs, first = (row - 1) * zone.width, {}, nil
    for at = 1, zone.width do
      local byte, column = byte_now(start + at - 1, string.byte(read, at) or 0), at * 8 - 7
      if mask ~= '' then byte = bit.bor(byte, string.byte(mask, masked + at)) end
      if byte == 0 and not hasOwn then
        first = first or column
      elseif byte < 255 or first then
        local weight = 128
        for seat = column, column + 7 do
          if byte >= weight or (hasOwn and is_chosen(row, seat)) then
            if first then runs[#runs + 1] = { first = first, length = seat - first } end
            first = nil
          else
            first = first or seat
          end
          byte, weight = byte % weight, weight / 2
        end
      end
    end
    if first and first <= zone.columns then runs[#runs + 1] = { first = first, length = zone.columns - first + 1 } end
    if not hasOwn then
      search.runs[row] = runs
      seats.remember_row(zone, search, row, fit_of(runs), near_of(runs, zone.focusColumn))
    end
    return runs
  end

  -- The best place for `size` seats in the rows of `class`, and whether every row that could have a better one was looked at.
  local function best_run(size, class, mustBeClean)
    local best
    for row, away in outward(search.fits, zone.focusRow, class) do
      local near = string.byte(search.nears, row)
      local least = near > 0 and near + (size - 1) / 2 or 0
      if best and away * away >= best.distance then break end
      if not best or away * away + least * least < best.distance then
        if lookedAt >= maxLookedAt then return best, false end
        for _, run in ipairs(free_runs(row)) do
          if run.length >= size then
            local first, fromFocus, isClean = place_in(run, size, zone.focusColumn)
            local distance = away * away + fromFocus * fromFocus
            if (isClean or not mustBeClean) and (not best or distance < best.distance) then
              best = { row = row, first = first, distance = distance }
            end
          end
        end
      end
    end
    return best, true
  end

  local found, size, distance = {}, quantity, nil
  while #found < quantity do
    local run, complete = best_run(size, clean(size), true)
    if not run and complete then run, complete = best_run(size, fitting(size), false) end
    if run then
      chosen[run.row] = chosen[run.row] or {}
      for column = run.first, run.first + size - 1 do
        found[#found + 1] = { row = run.row, column = column }
        chosen[run.row][column] = true
      end
      lookedAt, distance = 0, run.distance
      size = math.min(size, quantity - #found)
    elseif not complete then
      return nil, 'AGAIN'
    elseif not split then
      return nil, 'NO_ADJACENT_SEATS'
    elseif size == 1 then
      return nil, 'SOLD_OUT'
    else
      size = size - 1
    end
  end
  return found, distance
end

-- Chooses `quantity` wheelchair and companion places side by side, at least one of them a wheelchair place, nearest to the focus and,
-- unless the view is 0, of the view's category: a list of { row, column }, and a number that is higher for places further away. Returns
-- nil and 'NO_ADJACENT_SEATS' if there are none.
local function choose_accessible(zone, view, quantity, own)
  local runs = redis.call('HGET', key.inventory, 'accessible:' .. zone.id)
  for at, run in ipairs(runs and cjson.decode(runs) or {}) do
    local row, first, kinds = unpack(run)
    for offset = 0, #kinds - quantity do
      local isFree = string.find(string.sub(kinds, offset + 1, offset + quantity), 'w') ~= nil
      local places = {}
      for column = first + offset, first + offset + quantity - 1 do
        isFree = isFree
          and (view == 0 or seats.category_of(zone, row, column) == view - 1)
          and not (own[row] and own[row][column])
          and not seats.is_taken(seats.bit_of(zone, row, column))
        places[#places + 1] = { row = row, column = column }
      end
      if isFree then return places, at end
    end
  end
  return nil, 'NO_ADJACENT_SEATS'
end

return { choose = choose, choose_accessible = choose_accessible }
