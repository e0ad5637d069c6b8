import { countOf } from '../basics/text.ts';
import type { Database } from '../stores/database.ts';
import type { RedisClient } from '../stores/redis.ts';
import { lockEvent, readEventState, writeEventState } from './event-state.ts';
import { type InventoryReport, readInventory, readSequence, seatsIn } from './inventory.ts';
import { takenKey } from './keys.ts';
import { type OpenOutcome, openInventory } from './open-inventory.ts';
import { readCatalogue, writeCatalogue } from './plan/catalogue.ts';
import { comparePlans } from './plan/compare-plans.ts';
import type { EventPlan } from './plan/event-file.ts';
import { byCommand, touchEvent } from './record-change.ts';
import { readSaleState } from './set-state.ts';
import type { SeatName } from './zone-layout.ts';

/**
 * The effect of opening a plan. `changes`: a line for each field that differs. `takes`: what buyers can buy now but could not buy
 * afterwards. `revision`: that of the inventory that the plan was compared with, '' if there is none yet.
 */
export type Opening =
  | { kind: 'opened' | 'changed' | 'unchanged'; changes: string[]; takes: string[]; revision: string }
  | { kind: 'refused'; reasons: string[] };

/**
 * Returns what openEvent would do, and changes nothing. Refuses if Redis has lost the event or sales, because opening it would then
 * sell seats twice.
 */
export async function planOpening(db: Database, redis: RedisClient, plan: EventPlan, nowMs = Date.now()): Promise<Opening> {
  const { eventId, onSaleAtMs } = plan.inventory;
  const [catalogue, inventory, state] = await Promise.all([
    readCatalogue(db, eventId),
    readInventory(redis, eventId),
    readEventState(db, eventId),
  ]);
  if (state === 'archived') return { kind: 'refused', reasons: [archived(eventId)] };
  const lost = await findLostSales(db, redis, eventId, {
    // A draft has no inventory yet.
    isKnown: state !== undefined && state !== 'draft',
    hasInventory: inventory !== undefined,
  });
  if (lost) return { kind: 'refused', reasons: [lost] };
  const outcome = await openInventory(redis, plan.inventory, { isDryRun: true });
  if (outcome.kind === 'refused') return outcome;
  if (!inventory) {
    // There is nothing to compare a new event with; but a draft may be published with changes.
    const changes = catalogue ? comparePlans(catalogue, plan).changes : [];
    return { kind: 'opened', changes, takes: [], revision: '' };
  }

  const { revision } = inventory;
  // Only the catalogue has names. Everything else is compared with the inventory, which is what Redis sells by.
  const { changes, seatsLost } = comparePlans({ ...(catalogue ?? plan), inventory }, await leavingTaken(redis, plan, inventory));
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

/** The plan without those of its blocked seats that are sold or held: opening it leaves them as they are. */
async function leavingTaken(redis: RedisClient, plan: EventPlan, inventory: InventoryReport): Promise<EventPlan> {
  if (!plan.inventory.zones.some(({ blocked = [] }) => blocked.length > 0)) return plan;
  const bits = (await redis.getBuffer(takenKey(inventory.eventId))) ?? Buffer.alloc(0);
  const known = new Map(inventory.zones.map((zone) => [zone.zoneId, zone]));
  const nameOf = ({ row, column }: SeatName) => `${row} ${column}`;
  const zones = plan.inventory.zones.map((zone) => {
    const layout = known.get(zone.zoneId);
    if (!layout || !zone.blocked) return zone;
    const isBlocked = new Set(layout.blocked?.map(nameOf));
    const taken = new Set(seatsIn(bits, layout).map(nameOf));
    const isLeft = (seat: SeatName) => taken.has(nameOf(seat)) && !isBlocked.has(nameOf(seat));
    return { ...zone, blocked: zone.blocked.filter((seat) => !isLeft(seat)) };
  });
  return { ...plan, inventory: { ...plan.inventory, zones } };
}

export const archived = (eventId: string) =>
  `${eventId} is archived: its sale is over for good, and its tickets stay readable. Give a new event another id`;

/**
 * Writes an event's catalogue to MySQL and opens its inventory in Redis, or changes both to match the plan; the same plan twice
 * changes nothing. Redis decides, inside the catalogue's transaction: a refusal changes neither store, and after a crash between the
 * two, opening again repairs the difference. A draft is published; a paused or closed event stays so. Also refuses what planOpening refuses and, with `seen`,
 * an inventory of another revision. Throws a VersionConflict if the event has another version than `expected` (0: none yet).
 */
export async function openEvent(
  db: Database,
  redis: RedisClient,
  plan: EventPlan,
  {
    seen,
    principal = byCommand,
    expected,
  }: { seen?: string | undefined; principal?: string; expected?: number | undefined } = {},
): Promise<OpenOutcome> {
  const opening = await planOpening(db, redis, plan);
  if (opening.kind === 'refused') return opening;
  // The default isolation level locks the gaps around rows that do not exist yet, so events opened concurrently would deadlock.
  const trx = await db.startTransaction().setIsolationLevel('read committed').execute();
  try {
    const isOtherDocument = await writeCatalogue(trx, plan);
    const { eventId } = plan.inventory;
    const known = await lockEvent(trx, eventId, expected);
    if (known?.state === 'archived') {
      await trx.rollback().execute();
      return { kind: 'refused', reasons: [archived(eventId)] };
    }
    const outcome = await openInventory(redis, plan.inventory, { revision: seen ?? opening.revision });
    const state = await readSaleState(redis, eventId);
    const isOtherState = state !== undefined && state !== known?.state;
    if (isOtherState) await writeEventState(trx, eventId, state);
    if (isOtherDocument || isOtherState || opening.kind !== 'unchanged' || outcome.kind !== 'unchanged') {
      const action = known?.version === 0 ? 'open' : known?.state === 'draft' ? 'publish' : 'change';
      await touchEvent(trx, eventId, { principal, action, changes: opening.changes });
    }
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
