import { type Kysely, sql } from 'kysely';
import { type OpenOutcome, openInventory, readInventory } from '../../services/purchase/seats/inventory.ts';
import type { Database } from '../../services/shared/database.ts';
import { formatMoney } from '../../services/shared/money.ts';
import type { RedisClient } from '../../services/shared/redis.ts';
import type { Schema } from '../../services/shared/schema.ts';
import type { EventPlan } from './event-file.ts';

/**
 * Writes an event's catalogue to MySQL and opens its inventory in Redis, or brings both to what is planned; the same plan
 * twice changes nothing. Redis decides, inside the catalogue's transaction: what it refuses changes neither, and a crash
 * between the two is mended by opening again. Where MySQL knows of later sales than Redis, Redis has lost its memory, and
 * opening would sell seats twice: that is refused too.
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

async function findLostSales(db: Database, redis: RedisClient, eventId: string): Promise<string | undefined> {
  const { projected } = await db
    .selectFrom('order_events')
    .select(({ fn }) => fn.max<number | null>('sequence').as('projected'))
    .where('event_id', '=', eventId)
    .executeTakeFirstOrThrow();
  const { sequence = 0 } = (await readInventory(redis, eventId)) ?? {};
  if (projected === null || projected <= sequence) return undefined;
  return `MySQL has domain event ${projected} of ${eventId} and Redis is at ${sequence}: it has lost sales, and would sell their seats again`;
}

async function writeCatalogue(trx: Kysely<Schema>, plan: EventPlan): Promise<void> {
  const { eventId, venueId, currency, onSaleAtMs, ticketsPerBuyer, zones } = plan.inventory;
  await trx
    .insertInto('venues')
    .values({ venue_id: venueId, name: plan.venueName })
    .onDuplicateKeyUpdate({ name: plan.venueName })
    .execute();
  await trx
    .insertInto('zones')
    .values(zones.map(({ zoneId }) => ({ venue_id: venueId, zone_id: zoneId, name: plan.zoneNames.get(zoneId) ?? '' })))
    .onDuplicateKeyUpdate({ name: sql`values(name)` })
    .execute();
  const event = {
    venue_id: venueId,
    name: plan.eventName,
    currency,
    on_sale_at: new Date(onSaleAtMs),
    tickets_per_buyer: ticketsPerBuyer ?? null,
  };
  await trx
    .insertInto('events')
    .values({ event_id: eventId, ...event })
    .onDuplicateKeyUpdate(event)
    .execute();
  await trx.deleteFrom('event_zones').where('event_id', '=', eventId).execute();
  await trx
    .insertInto('event_zones')
    .values(
      zones.map(({ zoneId, grid, capacity, priceMinor }) => ({
        event_id: eventId,
        zone_id: zoneId,
        seat_rows: grid?.rows ?? null,
        seat_columns: grid?.columns ?? null,
        capacity,
        price: formatMoney(priceMinor, currency),
        currency,
      })),
    )
    .execute();
}
