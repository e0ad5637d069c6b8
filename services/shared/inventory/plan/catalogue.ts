import type { Kysely, Selectable } from 'kysely';
import type { Schema } from '../../stores/schema.ts';
import { mainOrganiser } from '../../terms/identifiers.ts';
import { formatMoney, parseMoney } from '../../terms/money.ts';
import type { Offer } from '../offer.ts';
import { frontCentre, type HallRow, type SeatName, type ZoneInventory } from '../zone-layout.ts';
import type { RowDrawing } from './drawing.ts';
import { defaultHoldSeconds, type EventDocument, type EventPlan } from './event-file.ts';
import { wordsOf } from './event-words.ts';
import { renderEventFile } from './render-event-file.ts';

/** A hall's rows, and how they are drawn, as `event_zones.hall` has them. */
export type Hall = { rows: HallRow[]; drawing?: RowDrawing[] | undefined };

/**
 * Writes a plan's catalogue to MySQL, replacing the event's previous one, with the file that it came from, or one that says the same. A new
 * event has version 0, until the caller gives it the next one (touchEvent). Returns whether the file is another one.
 */
export async function writeCatalogue(trx: Kysely<Schema>, plan: EventPlan): Promise<boolean> {
  const { eventId, organiserId, buyers, payment, venueId, currency, onSaleAtMs, offSaleAtMs } = plan.inventory;
  const { holdMs, ticketsPerBuyer, ticketsPerOrder, offer, zones } = plan.inventory;
  const event = {
    organiser_id: organiserId ?? mainOrganiser,
    buyers: buyers ?? 'anyone',
    payment: payment ?? 'none',
    venue_id: venueId,
    venue_name: plan.venueName,
    name: plan.eventName,
    currency,
    on_sale_at: new Date(onSaleAtMs),
    off_sale_at: offSaleAtMs === undefined ? null : new Date(offSaleAtMs),
    starts_at: plan.startsAtMs === undefined ? null : new Date(plan.startsAtMs),
    time_zone: plan.timeZone ?? null,
    tickets_per_buyer: ticketsPerBuyer ?? null,
    tickets_per_order: ticketsPerOrder ?? null,
    hold_ms: holdMs,
    offer: jsonOf(offer),
  };
  await trx
    .insertInto('events')
    .values({ event_id: eventId, version: 0, ...event })
    .onDuplicateKeyUpdate(event)
    .execute();
  await writeWords(trx, eventId, wordsOf(`${plan.eventName} ${plan.venueName}`));
  const document = JSON.stringify(plan.document ?? renderEventFile(plan));
  const known = await trx.selectFrom('event_documents').select('document').where('event_id', '=', eventId).executeTakeFirst();
  await trx.insertInto('event_documents').values({ event_id: eventId, document }).onDuplicateKeyUpdate({ document }).execute();
  await trx.deleteFrom('event_zones').where('event_id', '=', eventId).execute();
  await trx
    .insertInto('event_zones')
    .values(
      zones.map(({ zoneId, grid, rows, capacity, priceMinor, categories, blocked }) => ({
        event_id: eventId,
        zone_id: zoneId,
        name: plan.zoneNames.get(zoneId) ?? '',
        seat_rows: grid?.rows ?? null,
        seat_columns: grid?.columns ?? null,
        capacity,
        price: priceMinor === undefined ? null : formatMoney(priceMinor, currency),
        currency,
        focus_row: grid?.focus.row ?? null,
        focus_column: grid?.focus.column ?? null,
        hall: jsonOf<Hall>(rows && { rows, drawing: plan.drawings?.get(zoneId) }),
        blocked: jsonOf(blocked),
        categories: jsonOf(categories),
      })),
    )
    .execute();
  return known?.document !== document;
}

async function writeWords(trx: Kysely<Schema>, eventId: string, words: string[]): Promise<void> {
  const rows = await trx.selectFrom('event_words').select('word').where('event_id', '=', eventId).execute();
  const known = new Set(rows.map(({ word }) => word));
  const gone = [...known].filter((word) => !words.includes(word));
  const added = words.filter((word) => !known.has(word));
  if (gone.length > 0) await trx.deleteFrom('event_words').where('event_id', '=', eventId).where('word', 'in', gone).execute();
  if (added.length > 0) {
    await trx
      .insertInto('event_words')
      .values(added.map((word) => ({ word, event_id: eventId })))
      .execute();
  }
}

/** The file of an event that MySQL's catalogue has: as it was written, or one that says the same. Undefined if there is no such event. */
export async function readDocument(db: Kysely<Schema>, eventId: string): Promise<EventDocument | undefined> {
  const row = await db.selectFrom('event_documents').select('document').where('event_id', '=', eventId).executeTakeFirst();
  if (row) return JSON.parse(row.document) as EventDocument;
  // It was opened before its file was kept.
  const plan = await readCatalogue(db, eventId);
  return plan && renderEventFile(plan);
}

/** An event as described by MySQL's catalogue, or undefined if it was never opened. */
export async function readCatalogue(db: Kysely<Schema>, eventId: string): Promise<EventPlan | undefined> {
  const event = await db.selectFrom('events').selectAll().where('event_id', '=', eventId).executeTakeFirst();
  if (!event) return undefined;
  const { off_sale_at, starts_at, time_zone, tickets_per_buyer, tickets_per_order, offer } = event;
  const rows = await db.selectFrom('event_zones').selectAll().where('event_id', '=', eventId).orderBy('zone_id').execute();
  const drawings = new Map(
    rows.flatMap(({ zone_id, hall }): [number, RowDrawing[]][] => {
      const drawing = hall !== null && (JSON.parse(hall) as Hall).drawing;
      return drawing ? [[zone_id, drawing]] : [];
    }),
  );
  const inventory = {
    eventId,
    ...(event.organiser_id !== mainOrganiser && { organiserId: event.organiser_id }),
    ...(event.buyers !== 'anyone' && { buyers: event.buyers }),
    ...(event.payment !== 'none' && { payment: event.payment }),
    venueId: event.venue_id,
    currency: event.currency,
    onSaleAtMs: event.on_sale_at.getTime(),
    ...(off_sale_at !== null && { offSaleAtMs: off_sale_at.getTime() }),
    holdMs: event.hold_ms ?? defaultHoldSeconds * 1_000,
    ...(tickets_per_buyer !== null && { ticketsPerBuyer: tickets_per_buyer }),
    ...(tickets_per_order !== null && { ticketsPerOrder: tickets_per_order }),
    ...(offer !== null && { offer: JSON.parse(offer) as Offer }),
    zones: rows.map((row) => zoneOf(row, event.currency)),
  };
  return {
    venueName: event.venue_name,
    eventName: event.name,
    zoneNames: new Map(rows.map(({ zone_id, name }) => [zone_id, name])),
    inventory,
    ...(starts_at !== null && { startsAtMs: starts_at.getTime() }),
    ...(time_zone !== null && { timeZone: time_zone }),
    ...(drawings.size > 0 && { drawings }),
  };
}

function zoneOf(row: Selectable<Schema['event_zones']>, currency: string): ZoneInventory {
  const { zone_id: zoneId, seat_rows, seat_columns: columns, capacity, price, focus_row, focus_column, hall } = row;
  const zone = {
    zoneId,
    capacity,
    ...(hall !== null && { rows: (JSON.parse(hall) as Hall).rows }),
    ...(price !== null && { priceMinor: Number(parseMoney(price, currency)) }),
    ...(row.categories !== null && { categories: JSON.parse(row.categories) as string[] }),
    ...(row.blocked !== null && { blocked: JSON.parse(row.blocked) as SeatName[] }),
  };
  if (seat_rows === null || columns === null) return zone;
  const focus = focus_row === null || focus_column === null ? frontCentre(columns) : { row: focus_row, column: focus_column };
  return { ...zone, grid: { rows: seat_rows, columns, focus } };
}

const jsonOf = <Value>(value: Value | undefined): string | null => (value === undefined ? null : JSON.stringify(value));
