import { createSeats } from '../../services/purchase/seats/create-seats.ts';
import { createLayouts } from '../../services/purchase/seats/layouts.ts';
import type { Purchase, Seat } from '../../services/purchase/seats/purchase.ts';
import { createTaking } from '../../services/purchase/seats/take-seats.ts';
import type { Inventory } from '../../services/shared/inventory/inventory.ts';
import { createLoad } from '../../services/shared/inventory/load.ts';
import { waitForNoReplica } from '../../services/shared/inventory/replicas.ts';
import { createScriptQueue } from '../../services/shared/inventory/script-queue.ts';
import type { Script } from '../../services/shared/stores/script.ts';
import { redis } from './stores.ts';

/** How many commands on `seats` are waiting. */
export const load = createLoad();

/** The seats of all events in this file's Redis. */
export const seats = createSeats({ redis, load });

/** A queue of scripts of its own. */
export const createTestQueue = () => createScriptQueue({ redis, replicas: waitForNoReplica, load: createLoad() });

/** The same seats, but another script than take-seats.lua sells and holds them. */
export function seatsTakenBy(script: Script) {
  const scripts = createTestQueue();
  const ask: typeof scripts.ask = (_script, ...rest) => scripts.ask(script, ...rest);
  return createTaking({ redis, layouts: createLayouts(redis), scripts: { ...scripts, ask } });
}

/** A purchase of one seat of an event; by default zone 1, row A, column 1. */
export function purchaseOf({ eventId, venueId }: Inventory, seat: Partial<Seat & Purchase> = {}): Purchase {
  const { zoneId = 1, row = 'A', column = 1, ...others } = seat;
  return { venueId, eventId, request: { seats: [{ zoneId, row, column }] }, ...others };
}
