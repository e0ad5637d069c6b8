import { type Static, Type } from 'typebox';
import type { Database } from '../../shared/stores/database.ts';
import { Currency, EventId, Money, Timestamp, VenueId, ZoneId } from '../../shared/terms/identifiers.ts';
import { plainDecimal } from '../../shared/terms/money.ts';

const integerOrNull = (description: string) => Type.Unsafe<number | null>({ type: ['integer', 'null'], minimum: 1, description });

/** An event as it is offered. Availability is not part of the catalogue. */
export const CatalogueEvent = Type.Object({
  eventId: EventId,
  venueId: VenueId,
  venueName: Type.String(),
  name: Type.String(),
  onSaleAt: Timestamp,
  currency: Currency,
  ticketsPerBuyer: integerOrNull('Maximum tickets that a buyer may have, or null for any number'),
  zones: Type.Array(
    Type.Object({
      zoneId: ZoneId,
      name: Type.String(),
      price: Money,
      rows: integerOrNull('Rows A, B, …, or null in a zone without seats'),
      columns: integerOrNull('Columns 1, 2, …, or null in a zone without seats'),
      capacity: Type.Integer({ minimum: 1 }),
    }),
  ),
});

export type CatalogueEvent = Static<typeof CatalogueEvent>;

/** Up to `most` events, the latest to go on sale first. */
export const listEvents = (db: Database, most: number): Promise<{ eventId: string; name: string }[]> =>
  db
    .selectFrom('events')
    .select(['event_id as eventId', 'name'])
    .orderBy('on_sale_at', 'desc')
    .orderBy('event_id', 'desc')
    .limit(most)
    .execute();

/** An event with its zones in order of id, or undefined for an unknown one. */
export async function findEvent(db: Database, eventId: string): Promise<CatalogueEvent | undefined> {
  const rows = await db
    .selectFrom('events')
    .innerJoin('event_zones', 'event_zones.event_id', 'events.event_id')
    .select([
      'events.venue_id',
      'events.venue_name',
      'events.name',
      'events.on_sale_at',
      'events.currency',
      'events.tickets_per_buyer',
      'event_zones.zone_id',
      'event_zones.name as zone_name',
      'event_zones.price',
      'event_zones.seat_rows',
      'event_zones.seat_columns',
      'event_zones.capacity',
    ])
    .where('events.event_id', '=', eventId)
    .orderBy('event_zones.zone_id')
    .execute();
  const [event] = rows;
  if (!event) return undefined;
  const { currency } = event;
  return {
    eventId,
    venueId: event.venue_id,
    venueName: event.venue_name,
    name: event.name,
    onSaleAt: event.on_sale_at.toISOString(),
    currency,
    ticketsPerBuyer: event.tickets_per_buyer,
    zones: rows.map((zone) => ({
      zoneId: zone.zone_id,
      name: zone.zone_name,
      price: plainDecimal(zone.price, currency),
      rows: zone.seat_rows,
      columns: zone.seat_columns,
      capacity: zone.capacity,
    })),
  };
}
