-- Tallies: how many tickets of a type, or with a promotion, are sold or held, and the limits on them.
--
-- Fields: type:<ticket type> and promotion:<id> count tickets, orders:<id> a promotion's orders, buyer:<id>:<buyer> its tickets by buyer;
-- client:<client> what a client holds whose holds are limited: a million for each hold that has not ended, and one for each ticket in it.
--
-- USES event
-- FILLS changes.tallies
-- RETURNS left_of, over_limit, add, give_back, recheck, over_client, add_held
-- REPLY TICKET_TYPE_SOLD_OUT, how many are left
-- REPLY PROMOTION_USED_UP, how many tickets are left with it, for this buyer
-- REPLY HOLD_LIMIT_REACHED, the most holds of a client, the most tickets in them

local key, changes = event.key, event.changes

local tallies = {}

local function tally_of(field)
  if not tallies[field] then tallies[field] = tonumber(redis.call('HGET', key.tallies, field) or 0) end
  return tallies[field]
end

local function add_to(field, number)
  tallies[field] = tally_of(field) + number
  changes.tallies[field] = tallies[field] > 0 and tallies[field]
end

local function buyer_field(promotion, buyerId) return 'buyer:' .. promotion .. ':' .. buyerId end

-- How many more tickets a promotion allows, for this buyer. Nobody in particular gets none of a promotion that is limited by buyer.
local function left_of(promotion, buyerId)
  local left = (promotion.tickets or math.huge) - tally_of('promotion:' .. promotion.id)
  if promotion.orders and tally_of('orders:' .. promotion.id) >= promotion.orders then left = 0 end
  if promotion.ticketsPerBuyer then
    left = buyerId and math.min(left, promotion.ticketsPerBuyer - tally_of(buyer_field(promotion.id, buyerId))) or 0
  end
  return math.max(0, left)
end

-- Returns nil if an order may have these tickets, otherwise the refusal. `types`: how many of each type, with its `limit`, if any;
-- `promotion`: its id and limits, `number`: of the tickets with it.
local function over_limit(types, promotion, number, buyerId)
  for _, type in ipairs(types or {}) do
    local left = type.limit and type.limit - tally_of('type:' .. type.id)
    if left and type.count > left then return { 'TICKET_TYPE_SOLD_OUT', math.max(0, left) } end
  end
  if not promotion or number == 0 then return nil end
  local left = left_of(promotion, buyerId)
  if number > left then return { 'PROMOTION_USED_UP', left } end
end

-- Counts tickets that were free: of each type, and with a promotion.
local function add(types, promotion, number, buyerId)
  for _, type in ipairs(types or {}) do add_to('type:' .. type.id, type.count) end
  if not promotion or number == 0 then return end
  add_to('promotion:' .. promotion, number)
  add_to('orders:' .. promotion, 1)
  if buyerId then add_to(buyer_field(promotion, buyerId), number) end
end

-- The types and the promotion of tickets: { id, count }, …; promotion or nil, how many have it.
local function count(tickets)
  local types, byId, promotion, number = {}, {}, nil, 0
  for _, ticket in ipairs(tickets) do
    local id = ticket.ticketType
    if id then
      if not byId[id] then
        byId[id] = { id = id, count = 0 }
        types[#types + 1] = byId[id]
      end
      byId[id].count = byId[id].count + 1
    end
    if ticket.promotion then
      promotion, number = ticket.promotion, number + 1
    end
  end
  return types, promotion, number
end

-- Counts tickets of an order that are free again; `rest`: the tickets that it keeps.
local function give_back(tickets, rest, buyerId)
  local types, promotion, number = count(tickets)
  for _, type in ipairs(types) do add_to('type:' .. type.id, -type.count) end
  if not promotion then return end
  add_to('promotion:' .. promotion, -number)
  if buyerId then add_to(buyer_field(promotion, buyerId), -number) end
  local _, isKept = count(rest)
  if not isKept then add_to('orders:' .. promotion, -1) end
end

-- Counts the tickets of an order whose places had been given back, and are taken again. Returns the refusal if the event's limits
-- do not allow it any more.
local function recheck(tickets, buyerId)
  local types, promotion, number = count(tickets)
  if #types == 0 and not promotion then return nil end
  local offer = cjson.decode(redis.call('HGET', key.inventory, 'offer') or '{}')
  for _, type in ipairs(types) do
    for _, offered in ipairs(offer.ticketTypes or {}) do
      if offered.ticketTypeId == type.id then type.limit = offered.limit end
    end
  end
  local limits = promotion and { id = promotion }
  for _, offered in ipairs(offer.promotions or {}) do
    if offered.promotionId == promotion then
      limits.tickets, limits.orders, limits.ticketsPerBuyer = offered.tickets, offered.orders, offered.ticketsPerBuyer
    end
  end
  local refusal = over_limit(types, limits, number, buyerId)
  if refusal then return refusal end
  add(types, promotion, number, buyerId)
end

-- A client's holds count for so much in its tally, which is one field because each costs a good part of a hold.
local perHold = 1000000
local areClientsRead

-- Reads the tallies of the clients of all commands of this call together, which is several times as fast as one by one.
local function read_clients()
  if areClientsRead then return end
  areClientsRead = true
  local fields = {}
  for _, command in ipairs(event.commands) do
    if command.client then fields[#fields + 1] = 'client:' .. command.client[1] end
  end
  local kept = redis.call('HMGET', key.tallies, unpack(fields))
  for at, field in ipairs(fields) do tallies[field] = tallies[field] or tonumber(kept[at] or 0) end
end

-- Returns nil if a client may hold `number` more tickets, otherwise the refusal. `client`: { id, most holds, most tickets }, at one time.
local function over_client(client, number)
  read_clients()
  local tally = tally_of('client:' .. client[1])
  local isOver = math.floor(tally / perHold) >= client[2] or tally % perHold + number > client[3]
  if isOver then return { 'HOLD_LIMIT_REACHED', client[2], client[3] } end
end

-- Adds to the holds of a client, by its id, and to the tickets in them.
local function add_held(clientId, number, tickets) add_to('client:' .. clientId, number * perHold + tickets) end

return {
  left_of = left_of,
  over_limit = over_limit,
  add = add,
  give_back = give_back,
  recheck = recheck,
  over_client = over_client,
  add_held = add_held,
}
