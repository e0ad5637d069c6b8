-- Whether this Redis may have lost sales: a replica that was promoted lacks what its master had sold and not passed on yet. A
-- promotion shows in the replication history (master_replid2), but not any more after a restart: so it is written down.
-- KEYS[1], the inventory, has in `lineage` the history that it was opened in, or 'lost'.

-- The history that this Redis took over when it was promoted; '' where it was not since it started.
local function lineage_now()
  local history = string.match(redis.call('INFO', 'replication'), 'master_replid2:(%x+)')
  return history and string.find(history, '[^0]') and history or ''
end

local function was_promoted(lineage)
  local current = lineage_now()
  return current ~= '' and current ~= lineage and current
end

-- Where promoted replicas are trusted to have all that was promised, the new history is taken for the inventory's.
local function may_have_lost(lineage, isTrusted)
  local newLineage = lineage ~= 'lost' and was_promoted(lineage)
  if newLineage then
    lineage = isTrusted and newLineage or 'lost'
    redis.call('HSET', KEYS[1], 'lineage', lineage)
  end
  return lineage == 'lost'
end
