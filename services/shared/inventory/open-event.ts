import { countOf } from '../basics/text.ts';
import type { Database } from '../stores/database.ts';
import type { RedisClient } from '../stores/redis.ts';
import { type OpenOutcome, openInventory, readInventory, readSequence } from './inventory.ts';
import { readCatalogue, writeCatalogue } from './plan/catalogue.ts';
import { comparePlans } from './plan/compare-plans.ts';
import type { EventPlan } from './plan/event-file.ts';

/**
 * The effect of opening a plan. `changes`: a line for each field that differs. `takes`: what buyers can buy now but could not buy
 * afterwards. `revision`: that of the inventory that the plan was compared with, '' if there is none yet.
 */
type Opening =
  | { kind: 'opened' | 'changed' | 'unchanged'; changes: string[]; takes: string[]; revision: string }
  | { kind: 'refused'; reasons: string[] };

/**
 * Returns what openEvent would do, and changes nothing. Refuses if Redis has lost the event or sales, because opening it would then
 * sell seats twice.
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
  // Only the catalogue has names. Everything else is compared with the inventory, which is what Redis sells by.
  const { changes, seatsLost } = comparePlans({ ...(catalogue ?? plan), inventory }, plan);
  const known = new Set(changes);
  const inMysql = catalogue ? comparePlans(catalogue, plan).changes : ['the whole catalogue'];
  changes.push(...inMysql.filter((change) => !known.has(change)).map((change) => `in MySQL only: ${change}`));

  const takes: string[] = [];
  if (inventory.onSaleAtMs <= nowMs) {
    if (onSaleAtMs > nowMs) takes.push('all seats until it goes on sale again');
    if (seatsLost > 0) takes.push(countOf(seatsLost, 'unsold seat'));
  }
  const isChanged = changes.length > 0 || outcome.kind === 'changed';
  return { kind: isChanged ? 'changed' : 'unchanged', changes, takes, revision };
}

/**
 * Writes an event's catalogue to MySQL and opens its inventory in Redis, or changes both to match the plan; the same plan twice
 * changes nothing. Redis decides, inside the catalogue's transaction: a refusal changes neither store, and after a crash between the
 * two, opening again repairs the difference. Also refuses what planOpening refuses and, with `seen`, an inventory of another revision.
 */
export async function openEvent(db: Database, redis: RedisClient, plan: EventPlan, seen?: string): Promise<OpenOutcome> {
  const opening = await planOpening(db, redis, plan);
  if (opening.kind === 'refused') return opening;
  // The default isolation level locks the gaps around rows that do not exist yet, so events opened concurrently would deadlock.
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

/** Why an event cannot be opened. A catalogue without an inventory means that Redis lost it, perhaps with sales not in MySQL yet. */
async function findLostSales(
  db: Database,
  redis: RedisClient,
  eventId: string,
  { isKnown, hasInventory }: { isKnown: boolean; hasInventory: boolean },
): Promise<string | undefined> {
  const rebuild = `Rebuild it instead: npm run onsale -- rebuild ${eventId}`;
  if (isKnown && !hasInventory) {
    return `Redis has lost the inventory of ${eventId}; opening it could sell its seats again. ${rebuild}`;
  }
  const { projected } = await db
    .selectFrom('order_events')
    .select(({ fn }) => fn.max<number | null>('sequence').as('projected'))
    .where('event_id', '=', eventId)
    .executeTakeFirstOrThrow();
  if (projected === null) return undefined;
  // Read after MySQL: then MySQL can be ahead only if Redis has lost sales.
  const sequence = await readSequence(redis, eventId);
  if (projected <= sequence) return undefined;
  return `Redis has lost sales of ${eventId}: it is at domain event ${sequence}, but MySQL has ${projected}. Opening it would sell their seats again. ${rebuild}`;
}
