import { randomBytes } from 'node:crypto';
import { UnavailableError } from '../../shared/http/problems.ts';
import type { Held, Refusal, Sold } from '../../shared/inventory/decisions.ts';
import { refuseWithoutInventory } from '../../shared/inventory/opened-events.ts';
import type { ScriptQueue } from '../../shared/inventory/script-queue.ts';
import type { RedisClient } from '../../shared/stores/redis.ts';
import { loadScript } from '../../shared/stores/script.ts';
import { draftOrder, type Purchase } from './draft-order.ts';
import type { Layouts } from './layouts.ts';

const takeSeatsScript = loadScript(new URL('lua/take-seats.lua', import.meta.url));

/** No event changes its layout this often within a few round trips to Redis. */
const maxLayouts = 10;

export function createTaking({ redis, scripts, layouts }: { redis: RedisClient; scripts: ScriptQueue; layouts: Layouts }) {
  return {
    /** Sells the wanted tickets, all or none. Throws as ScriptQueue.ask does. */
    sell: (purchase: Purchase) => take(purchase) as Promise<Sold | Refusal>,

    /** Holds the wanted tickets, all or none, for the event's hold time. Throws as ScriptQueue.ask does. */
    hold: (purchase: Purchase) => take(purchase, newHoldId(purchase.eventId)) as Promise<Held | Refusal>,

    /** Throws if `sell` and `hold` would be refused now because too many are waiting for the event. */
    assertRoom: (eventId: string) => scripts.assertRoom(takeSeatsScript, eventId, 'taking'),
  };

  /** Drafts the order from the event's layout, and has the script decide; again, if the layout has changed meanwhile. */
  async function take({ eventId, idempotency, traceparent, ...purchase }: Purchase, holdId?: string) {
    for (let tried = 0; tried < maxLayouts; tried++) {
      const layout = await layouts.read(eventId);
      if (!layout) return await refuseWithoutInventory(redis, eventId);
      const { order, refusal, places, bestOf, quantity, split } = draftOrder({ eventId, ...purchase }, layout);
      const { orderId, buyerId } = order;
      // Listed one by one: spreading an object of unknown fields costs several times as much.
      const fields = { revision: layout.revision, refusal, orderId, buyerId, places, bestOf, quantity, split, holdId };
      const outcome = await scripts.ask(takeSeatsScript, { eventId, idempotency, traceparent, fields, order }, 'taking');
      if (outcome.kind !== 'stale') return outcome;
      await layouts.forget(eventId, layout.revision);
    }
    throw new UnavailableError('INVENTORY_UNAVAILABLE', `its layout changed ${maxLayouts} times during one request`);
  }
}

const secretBytes = 16;

/** The event, so that the id alone finds the hold, and 128 random bits, so that nobody can guess it. */
const newHoldId = (eventId: string) => `${eventId}~${randomBytes(secretBytes).toString('base64url')}`;
