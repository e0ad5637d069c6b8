import { type OpenOutcome, openInventory, readInventory } from '../../services/purchase/seats/inventory.ts';
import type { Database } from '../../services/shared/database.ts';
import type { RedisClient } from '../../services/shared/redis.ts';
import { readCatalogue, writeCatalogue } from './catalogue.ts';
import { comparePlans } from './compare-plans.ts';
import type { EventPlan } from './event-file.ts';
import { countOf } from './text.ts';
import { readSequence } from './verify/sequences.ts';

/**
 * What opening a plan would do. `changes`: a line for each field that differs. `takes`: what buyers could not buy any more that they
 * can buy now. `revision`: of the inventory that this holds for, '' if there is none yet.
 */
type Opening =
  | { kind: 'opened' | 'changed' | 'unchanged'; changes: string[]; takes: string[]; revision: string }
  | { kind: 'refused'; reasons: string[] };

/**
 * Says what openEvent would do, and changes nothing. Where Redis has lost an event or sales, opening would sell seats twice: that is
 * refused.
 */
export async function planOpening(db: Database, redis: RedisClient, plan: EventPlan, nowMs = Date.now()): Promise<Opening> {
  const { eventId, onSaleAtMs } = plan.inventory;
  const [catalogue, inventory] = await Promise.all([readCatalogue(db, eventId), readInventory(redis, eventId)]);
  const lost = await findLostSales(db, redis, eventId, {
    isKnown: catalogue !== undefined,
    hasInventory: inventory !== undefined,
  });
  if (lost) return { kind: 'refused', reasons: [lost] };
  const outcome = await openInventory(redis, plan.inventory, { isDryRun: true });
  if (outcome.kind === 'refused') return outcome;
  if (!inventory) return { kind: 'opened', changes: [], takes: [], revision: '' };

  const { revision } = inventory;
  // Names are in the catalogue alone; of the rest, Redis goes by its own.
  const { changes, seatsLost } = comparePlans({ ...(catalogue ?? plan), inventory }, plan);
  const known = new Set(changes);
  const inMysql = catalogue ? comparePlans(catalogue, plan).changes : ['the whole catalogue'];
  changes.push(...inMysql.filter((change) => !known.has(change)).map((change) => `in MySQL alone, ${change}`));

  const takes: string[] = [];
  if (inventory.onSaleAtMs <= nowMs) {
    if (onSaleAtMs > nowMs) takes.push('all seats, until it goes on sale again');
    if (seatsLost > 0) takes.push(countOf(seatsLost, 'unsold seat'));
  }
  const isChanged = changes.length > 0 || outcome.kind === 'changed';
  return { kind: isChanged ? 'changed' : 'unchanged', changes, takes, revision };
}

/**
 * Writes an event's catalogue to MySQL and opens its inventory in Redis, or brings both to what is planned; the same plan twice
 * changes nothing. Redis decides, inside the catalogue's transaction: what it refuses changes neither, and a crash between the two is
 * mended by opening again. Refused too is what planOpening refuses, and, with `seen`, an inventory that has another revision.
 */
export async function openEvent(db: Database, redis: RedisClient, plan: EventPlan, seen?: string): Promise<OpenOutcome> {
  const opening = await planOpening(db, redis, plan);
  if (opening.kind === 'refused') return opening;
  // The default isolation locks the gaps around rows that are not there yet, and events opened together would deadlock.
  const trx = await db.startTransaction().setIsolationLevel('read committed').execute();
  try {
    await writeCatalogue(trx, plan);
    const outcome = await openInventory(redis, plan.inventory, { revision: seen ?? opening.revision });
    await (outcome.kind === 'refused' ? trx.rollback() : trx.commit()).execute();
    return outcome.kind === 'unchanged' ? { kind: opening.kind } : outcome;
  } catch (error) {
    await trx.rollback().execute();
    throw error;
  }
}

/** A catalogue without inventory is one that Redis lost, with or without sales that MySQL has not heard of yet. */
async function findLostSales(
  db: Database,
  redis: RedisClient,
  eventId: string,
  { isKnown, hasInventory }: { isKnown: boolean; hasInventory: boolean },
): Promise<string | undefined> {
  const rebuild = `npm run onsale -- rebuild ${eventId}`;
  if (isKnown && !hasInventory) {
    return `Redis has lost the inventory of ${eventId}, and would sell its seats again: ${rebuild}`;
  }
  const { projected } = await db
    .selectFrom('order_events')
    .select(({ fn }) => fn.max<number | null>('sequence').as('projected'))
    .where('event_id', '=', eventId)
    .executeTakeFirstOrThrow();
  if (projected === null) return undefined;
  // Read after MySQL, which is ahead only of a Redis that has forgotten sales.
  const sequence = await readSequence(redis, eventId);
  if (projected <= sequence) return undefined;
  return `MySQL has domain event ${projected} of ${eventId} and Redis is at ${sequence}: it has lost sales, and would sell their seats again: ${rebuild}`;
}
