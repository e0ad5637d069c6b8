-- Chooses a zone's best seats: in one row, side by side, nearest to the zone's focus, leaving no single seat alone if that can be
-- avoided. If a run of free seats divides evenly into groups of the wanted size, a group takes one of these parts, so that a crowd
-- of such groups fills the row.
--
-- It remembers two bytes for each row, which may be too optimistic but never too pessimistic; zero is the most optimistic:
--   fit   2 × (12 − L) + n: L is the longest run of free seats (12: or longer), n is 1 if no run has exactly L − 1
--   near  the distance of its free seats from the focus, in whole columns (255: or more)
-- A row has a run for q seats if q <= L, and one that leaves no single seat if q is not L − 1 or n is 0. Taking a seat
-- clears n, and freeing one clears both bytes: so a row is read again only after it has changed.
--
-- USES event, seats
-- RETURNS choose

local key, text, byte_now = event.key, event.text, seats.byte_now

local longestRun = 12
-- Limits on the seats looked at, or runs in rows already read: for one group, and in the whole call. Beyond the latter, searches
-- wait for another call.
local maxLookedAt, maxInCall = 8192, 16384
local lookedAtInCall = 0

local function fit_of(runs)
  local longest, oneLess = 0, false
  for _, run in ipairs(runs) do longest = math.max(longest, run.length) end
  if longest >= longestRun then return 0 end
  for _, run in ipairs(runs) do oneLess = oneLess or run.length == longest - 1 end
  return 2 * (longestRun - longest) + (oneLess and 0 or 1)
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
local function fitting(quantity) return '[%z\1-' .. string.char(2 * (longestRun - quantity) + 1) .. ']' end
local function clean(quantity)
  local own = 2 * (longestRun - quantity)
  return '[%z\1-' .. string.char(own - 2) .. string.char(own) .. '-' .. string.char(own + 1) .. ']'
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

-- Chooses `quantity` seats in a zone that has enough: a list of { row, column }. Returns nil and 'NO_ADJACENT_SEATS' if there are
-- none side by side and `split` does not allow several groups; nil and 'AGAIN' if it has looked at too many seats for one group or
-- in this call. The next call continues from there.
local function choose(zone, quantity, split)
  if lookedAtInCall >= maxInCall then return nil, 'AGAIN' end
  seats.begin_searching()
  seats.read_runs(zone)
  local fits, nears = zone.fits, zone.nears
  local chosen, lookedAt = {}, 0
  local function look_at(count)
    lookedAt = lookedAt + count
    lookedAtInCall = lookedAtInCall + count
  end

  -- The runs of free seats in a row: { first, length }. They are cached, because searches in one call mostly look at the same rows.
  local function free_runs(row)
    local known = not chosen[row] and zone.runs[row]
    if known then
      look_at(#known)
      return known
    end
    look_at(zone.columns)
    local start = seats.byte_of(zone, row)
    local read = redis.call('GETRANGE', key.taken, text(start), text(start + zone.width - 1))
    local own, runs, first = chosen[row], {}, nil
    for at = 1, zone.width do
      local byte, column = byte_now(start + at - 1, string.byte(read, at) or 0), at * 8 - 7
      if byte == 0 and not own then
        first = first or column
      elseif byte < 255 or first then
        local weight = 128
        for seat = column, column + 7 do
          if byte >= weight or (own and own[seat]) then
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
    if not own then
      zone.runs[row] = runs
      seats.remember_row(zone, row, fit_of(runs), near_of(runs, zone.focusColumn))
    end
    return runs
  end

  -- The best place for `size` seats in the rows of `class`, and whether every row that could have a better one was looked at.
  local function best_run(size, class, mustBeClean)
    local best
    for row, away in outward(fits, zone.focusRow, class) do
      local near = string.byte(nears, row)
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

  local found, size = {}, quantity
  while #found < quantity do
    local run, complete = best_run(size, clean(size), true)
    if not run and complete then run, complete = best_run(size, fitting(size), false) end
    if run then
      chosen[run.row] = chosen[run.row] or {}
      for column = run.first, run.first + size - 1 do
        found[#found + 1] = { row = run.row, column = column }
        chosen[run.row][column] = true
      end
      lookedAt = 0
      size = math.min(size, quantity - #found)
    elseif not complete then
      return nil, 'AGAIN'
    elseif not split then
      return nil, 'NO_ADJACENT_SEATS'
    else
      size = size - 1
    end
  end
  return found
end

return { choose = choose }
