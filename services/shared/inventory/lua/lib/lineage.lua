-- Whether this Redis may have lost sales: a promoted replica lacks the sales that its master had not replicated yet. A promotion
-- shows in the replication history (master_replid2), but not after a restart, so the inventory records it: `lineage` is the
-- history in which it was opened, or 'lost', and `replicas` the most replicas that its masters ever had at one time.
--
-- RETURNS current, check

-- The history that this Redis took over when it was promoted, or '' if it was not promoted since it started; and its replicas now.
local function current()
  local replication = redis.call('INFO', 'replication')
  local history = string.match(replication, 'master_replid2:(%x+)')
  local replicas = tonumber(string.match(replication, 'connected_slaves:(%d+)') or 0)
  return history and string.find(history, '[^0]') and history or '', replicas
end

-- Whether sales may be lost, and the inventory fields to change. A promoted replica has every promise only if each promise waited for
-- all replicas: for `waitedFor` of them ('' for none, 'all' for any number), if there were never more.
local function check(lineage, replicas, waitedFor)
  local noticed = {}
  local history, connected = current()
  local known = tonumber(replicas or 0)
  local most = math.max(known, connected)
  if most > known then noticed.replicas = string.format('%d', most) end
  if lineage ~= 'lost' and history ~= '' and history ~= lineage then
    local hasAll = waitedFor == 'all' or (waitedFor ~= '' and most <= tonumber(waitedFor))
    lineage = hasAll and history or 'lost'
    noticed.lineage = lineage
  end
  return lineage == 'lost', noticed
end

return { current = current, check = check }
