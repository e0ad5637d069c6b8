import type { Kysely } from 'kysely';
import type { Schema } from '../../stores/schema.ts';
import { formatMoney, parseMoney } from '../../terms/money.ts';
import { frontCentre } from '../zone-layout.ts';
import { defaultHoldSeconds, type EventPlan } from './event-file.ts';

/** Writes a plan's catalogue to MySQL, replacing the event's previous one. */
export async function writeCatalogue(trx: Kysely<Schema>, plan: EventPlan): Promise<void> {
  const { eventId, venueId, currency, onSaleAtMs, holdMs, ticketsPerBuyer, zones } = plan.inventory;
  const event = {
    venue_id: venueId,
    venue_name: plan.venueName,
    name: plan.eventName,
    currency,
    on_sale_at: new Date(onSaleAtMs),
    tickets_per_buyer: ticketsPerBuyer ?? null,
    hold_ms: holdMs,
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
        name: plan.zoneNames.get(zoneId) ?? '',
        seat_rows: grid?.rows ?? null,
        seat_columns: grid?.columns ?? null,
        capacity,
        price: formatMoney(priceMinor, currency),
        currency,
        focus_row: grid?.focus.row ?? null,
        focus_column: grid?.focus.column ?? null,
      })),
    )
    .execute();
}

/** An event as described by MySQL's catalogue, or undefined if it was never opened. */
export async function readCatalogue(db: Kysely<Schema>, eventId: string): Promise<EventPlan | undefined> {
  const event = await db.selectFrom('events').selectAll().where('event_id', '=', eventId).executeTakeFirst();
  if (!event) return undefined;
  const { venue_id: venueId, currency, on_sale_at, hold_ms, tickets_per_buyer } = event;
  const rows = await db.selectFrom('event_zones').selectAll().where('event_id', '=', eventId).orderBy('zone_id').execute();
  const zones = rows.map(({ zone_id: zoneId, seat_rows, seat_columns: columns, capacity, price, focus_row, focus_column }) => {
    const zone = { zoneId, capacity, priceMinor: Number(parseMoney(price, currency)) };
    if (seat_rows === null || columns === null) return zone;
    const focus = focus_row === null || focus_column === null ? frontCentre(columns) : { row: focus_row, column: focus_column };
    return { ...zone, grid: { rows: seat_rows, columns, focus } };
  });
  const inventory = {
    eventId,
    venueId,
    currency,
    onSaleAtMs: on_sale_at.getTime(),
    holdMs: hold_ms ?? defaultHoldSeconds * 1_000,
    ...(tickets_per_buyer !== null && { ticketsPerBuyer: tickets_per_buyer }),
    zones,
  };
  const zoneNames = new Map(rows.map(({ zone_id, name }) => [zone_id, name]));
  return { venueName: event.venue_name, eventName: event.name, zoneNames, inventory };
}
