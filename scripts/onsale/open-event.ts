import { type OpenOutcome, openInventory, readInventory } from '../../services/purchase/seats/inventory.ts';
import type { Database } from '../../services/shared/database.ts';
import type { RedisClient } from '../../services/shared/redis.ts';
import { writeCatalogue } from './catalogue.ts';
import type { EventPlan } from './event-file.ts';

/**
 * Writes an event's catalogue to MySQL and opens its inventory in Redis, or brings both to what is planned; the same plan
 * twice changes nothing. Redis decides, inside the catalogue's transaction: what it refuses changes neither, and a crash
 * between the two is mended by opening again. Where Redis has lost its memory, opening would sell seats twice: that is refused
 * too.
 */
export async function openEvent(db: Database, redis: RedisClient, plan: EventPlan): Promise<OpenOutcome> {
  const lost = await findLostSales(db, redis, plan.inventory.eventId);
  if (lost) return { kind: 'refused', reasons: [lost] };
  const trx = await db.startTransaction().execute();
  try {
    await writeCatalogue(trx, plan);
    const outcome = await openInventory(redis, plan.inventory);
    await (outcome.kind === 'refused' ? trx.rollback() : trx.commit()).execute();
    return outcome;
  } catch (error) {
    await trx.rollback().execute();
    throw error;
  }
}

/** A catalogue without inventory is one that Redis lost, with or without sales that MySQL has not heard of yet. */
async function findLostSales(db: Database, redis: RedisClient, eventId: string): Promise<string | undefined> {
  const known = await db.selectFrom('events').select('event_id').where('event_id', '=', eventId).executeTakeFirst();
  const inventory = await readInventory(redis, eventId);
  const rebuild = `npm run onsale -- rebuild ${eventId}`;
  if (!inventory && known) {
    return `Redis has lost the inventory of ${eventId}, and would sell its seats again: ${rebuild}`;
  }
  const { projected } = await db
    .selectFrom('order_events')
    .select(({ fn }) => fn.max<number | null>('sequence').as('projected'))
    .where('event_id', '=', eventId)
    .executeTakeFirstOrThrow();
  const sequence = inventory?.sequence ?? 0;
  if (projected === null || projected <= sequence) return undefined;
  return `MySQL has domain event ${projected} of ${eventId} and Redis is at ${sequence}: it has lost sales, and would sell their seats again: ${rebuild}`;
}
