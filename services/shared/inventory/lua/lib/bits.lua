-- Parts of a bitmap as tables of bytes, from 1. Bits are counted from 0, the highest bit of the first byte.
--
-- RETURNS bytes_of, text_of, get, set, copy

local bor, band, rshift = bit.bor, bit.band, bit.rshift

-- Lua's stack has room for some 8,000 values.
local atOnce = 4096

-- The bytes of a string; zeros follow until there are `length`.
local function bytes_of(text, length)
  local bytes = {}
  for first = 1, #text, atOnce do
    local part = { string.byte(text, first, math.min(first + atOnce - 1, #text)) }
    for at = 1, #part do bytes[first + at - 1] = part[at] end
  end
  for at = #text + 1, length do bytes[at] = 0 end
  return bytes
end

local function text_of(bytes)
  local parts = {}
  for first = 1, #bytes, atOnce do
    parts[#parts + 1] = string.char(unpack(bytes, first, math.min(first + atOnce - 1, #bytes)))
  end
  return table.concat(parts)
end

local function get(bytes, position)
  local byte = bytes[math.floor(position / 8) + 1]
  return byte ~= 0 and band(byte, rshift(128, position % 8)) ~= 0
end

local function set(bytes, position, isSet)
  local at, mask = math.floor(position / 8) + 1, rshift(128, position % 8)
  if isSet then
    bytes[at] = bor(bytes[at], mask)
  elseif get(bytes, position) then
    bytes[at] = bytes[at] - mask
  end
end

-- Sets each bit of `target` from `to` whose counterpart from `from` in `source` is set; `count` bits. Whole bytes if both begin alike.
local function copy(source, from, target, to, count)
  local done = 0
  while done < count do
    local position, goal = from + done, to + done
    if position % 8 == 0 and goal % 8 == 0 and count - done >= 8 then
      local at = goal / 8 + 1
      target[at] = bor(target[at], source[position / 8 + 1])
      done = done + 8
    else
      if get(source, position) then set(target, goal, true) end
      done = done + 1
    end
  end
end

return { bytes_of = bytes_of, text_of = text_of, get = get, set = set, copy = copy }
