import { randomBytes } from 'node:crypto';
import { UnavailableError } from '../../shared/http/problems.ts';
import type { Held, Refusal, Sold } from '../../shared/inventory/decisions.ts';
import { refuseWithoutInventory } from '../../shared/inventory/opened-events.ts';
import type { ScriptQueue } from '../../shared/inventory/script-queue.ts';
import type { RedisClient } from '../../shared/stores/redis.ts';
import { loadScript } from '../../shared/stores/script.ts';
import { draftOrder } from './draft-order.ts';
import type { Layouts } from './layouts.ts';
import type { Purchase } from './purchase.ts';
import { rightsOf } from './rights.ts';

const takeSeatsScript = loadScript(new URL('lua/take-seats.lua', import.meta.url));

/** No event changes what it offers this often within a few round trips to Redis. */
const maxDrafts = 10;

export function createTaking({ redis, scripts, layouts }: { redis: RedisClient; scripts: ScriptQueue; layouts: Layouts }) {
  return {
    /** Sells the wanted tickets, all or none. Throws as ScriptQueue.ask does. */
    sell: (purchase: Purchase) => take(purchase) as Promise<Sold | Refusal>,

    /** Holds the wanted tickets, all or none, for the event's hold time. Throws as ScriptQueue.ask does. */
    hold: (purchase: Purchase) => take(purchase, newHoldId(purchase.eventId)) as Promise<Held | Refusal>,

    /** Throws if `sell` and `hold` would be refused now because too many are waiting for the event. */
    assertRoom: (eventId: string) => scripts.assertRoom(takeSeatsScript, eventId, 'taking'),
  };

  /** Drafts the order from the event's layout, and has the script decide; again, if what the draft assumed is no longer so. */
  async function take({ eventId, idempotency, traceparent, ...purchase }: Purchase, holdId?: string) {
    const { principal, client, buyerId: ofBuyer, paidBy } = purchase;
    const wish = { buyerId: ofBuyer, paidBy, isHold: holdId !== undefined };
    let nowMs: number | undefined;
    let left: number | undefined;
    for (let tried = 0; tried < maxDrafts; tried++) {
      const layout = await layouts.read(eventId);
      if (!layout) return await refuseWithoutInventory(redis, eventId);
      const rights = principal ? rightsOf(principal, wish, layout) : purchase;
      const draft = draftOrder({ eventId, ...purchase }, layout, { nowMs: nowMs ?? Date.now(), left });
      const { order, period, quantity, places, best, types, promotion, reduced } = draft;
      const refusal = 'refusal' in rights ? rights.refusal : draft.refusal;
      const { mayTakeBlocked } = rights;
      const { orderId, buyerId } = order;
      const { fromMs: from, untilMs } = period ?? {};
      // Listed one by one: spreading an object of unknown fields costs several times as much.
      const fields = {
        revision: layout.revision,
        from,
        untilMs,
        refusal,
        orderId,
        buyerId,
        quantity,
        places,
        best,
        mayTakeBlocked,
        types,
        promotion,
        reduced,
        holdId,
        client: holdId === undefined || mayTakeBlocked ? undefined : client,
      };
      const outcome = await scripts.ask(takeSeatsScript, { eventId, idempotency, traceparent, fields, order }, 'taking');
      if (outcome.kind === 'stale') await layouts.forget(eventId, layout.revision);
      else if (outcome.kind === 'anotherTime') nowMs = outcome.nowMs;
      else if (outcome.kind === 'promotionLeft') {
        left = outcome.left;
        // What one buyer may still have says nothing about the next.
        if (promotion?.ticketsPerBuyer === undefined) layout.promotionsLeft.set(promotion?.id ?? '', left);
      } else return outcome;
    }
    throw new UnavailableError('INVENTORY_UNAVAILABLE', `what it offers changed ${maxDrafts} times during one request`);
  }
}

const secretBytes = 16;

/** The event, so that the id alone finds the hold, and 128 random bits, so that nobody can guess it. */
const newHoldId = (eventId: string) => `${eventId}~${randomBytes(secretBytes).toString('base64url')}`;
