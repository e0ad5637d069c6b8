import type { ScriptCall } from '../../shared/inventory/call-script.ts';
import { createLoad, type Load } from '../../shared/inventory/load.ts';
import { type ReplicaPolicy, waitForNoReplica } from '../../shared/inventory/replicas.ts';
import { createScriptQueue } from '../../shared/inventory/script-queue.ts';
import type { RedisClient } from '../../shared/stores/redis.ts';
import { createCancelling } from './cancel-order.ts';
import { createExchanging } from './exchange-ticket.ts';
import { createHolds } from './holds.ts';
import { createLayouts } from './layouts.ts';
import { createOwners } from './owners.ts';
import { createTaking } from './take-seats.ts';

export type Seats = ReturnType<typeof createSeats>;

/**
 * Everything that a buyer can do with an event's seats; Redis decides. `replicas`: how many of its replicas must have a promise. `load`
 * counts the commands that wait in this process. `onCall` is called after each script call.
 */
export function createSeats({
  redis,
  replicas = waitForNoReplica,
  load = createLoad(),
  onCall,
}: {
  redis: RedisClient;
  replicas?: ReplicaPolicy;
  load?: Load;
  onCall?: (call: ScriptCall) => void;
}) {
  const target = { redis, replicas, onCall };
  const scripts = createScriptQueue({ ...target, load });
  const layouts = createLayouts(redis);
  return {
    ...createTaking({ redis, scripts, layouts }),
    ...createExchanging({ redis, scripts, layouts }),
    ...createHolds({ target, scripts }),
    ...createCancelling(scripts),
    ...createOwners({ redis, layouts }),
  };
}
