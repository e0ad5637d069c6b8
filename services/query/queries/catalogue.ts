import { sql } from 'kysely';
import { type Static, Type } from 'typebox';
import { emptyOffer, type Offer } from '../../shared/inventory/offer.ts';
import { OfferedCategory, OfferedTicketType, presentOffer } from '../../shared/inventory/present-offer.ts';
import type { Database } from '../../shared/stores/database.ts';
import { CategoryId, Currency, EventId, Money, Timestamp, VenueId, ZoneId } from '../../shared/terms/identifiers.ts';
import { plainDecimal } from '../../shared/terms/money.ts';

const integerOrNull = (description: string) => Type.Unsafe<number | null>({ type: ['integer', 'null'], minimum: 1, description });

const orNull = (schema: object, description: string) =>
  Type.Unsafe<string | null>({ ...schema, type: ['string', 'null'], description });

/** In an order or hold, unless the event says otherwise. */
const defaultTicketsPerOrder = 10;

/** An event as it is offered. Availability is not part of the catalogue. */
export const CatalogueEvent = Type.Object({
  eventId: EventId,
  venueId: VenueId,
  venueName: Type.String(),
  name: Type.String(),
  onSaleAt: Timestamp,
  offSaleAt: orNull(Timestamp, 'From then on nothing is sold; null: no such time is planned'),
  startsAt: orNull(Timestamp, 'When the event begins'),
  timeZone: orNull({ examples: ['Europe/Vienna'] }, "The venue's, an IANA name"),
  currency: Currency,
  payment: Type.Enum(['none', 'required'], { description: 'required: tickets are bought through checkout, by paying a hold' }),
  ticketsPerBuyer: integerOrNull('Maximum tickets that a buyer may have, or null for any number'),
  ticketsPerOrder: Type.Integer({ minimum: 1, description: 'Maximum tickets in one order or hold' }),
  categories: Type.Array(OfferedCategory, { description: 'The prices of the seats, by category' }),
  ticketTypes: Type.Array(OfferedTicketType, { description: 'Of those, a request that names none gets the first' }),
  zones: Type.Array(
    Type.Object({
      zoneId: ZoneId,
      name: Type.String(),
      price: orNull(Money, 'Of every ticket; null if the prices are those of its categories'),
      categories: Type.Array(CategoryId, { description: 'The categories of its seats or places; empty if it has one price' }),
      rows: integerOrNull('Rows A, B, …, or those of a hall; null in a zone without seats'),
      columns: integerOrNull('Columns 1, 2, …, or the positions of a row of a hall; null in a zone without seats'),
      isHall: Type.Boolean({ description: 'Rows and seats have labels of their own, which are in the plan' }),
      capacity: Type.Integer({ minimum: 1 }),
    }),
  ),
});

export type CatalogueEvent = Static<typeof CatalogueEvent>;

/** Up to `most` events of these organisers that are neither drafts nor archived, the latest to go on sale first. */
export const listEvents = (
  db: Database,
  most: number,
  organisers: string[] | 'all' = 'all',
): Promise<{ eventId: string; name: string }[]> =>
  db
    .selectFrom('events')
    .select(['event_id as eventId', 'name'])
    .where('state', 'not in', ['draft', 'archived'])
    .$if(organisers !== 'all', (all) => all.where('organiser_id', 'in', [...organisers, '']))
    .orderBy('on_sale_at', 'desc')
    .orderBy('event_id', 'desc')
    .limit(most)
    .execute();

/** An event with its zones in order of id, or undefined for an unknown one, or a draft. */
export async function findEvent(db: Database, eventId: string, nowMs = Date.now()): Promise<CatalogueEvent | undefined> {
  const rows = await db
    .selectFrom('events')
    .innerJoin('event_zones', 'event_zones.event_id', 'events.event_id')
    .select([
      'events.venue_id',
      'events.venue_name',
      'events.name',
      'events.on_sale_at',
      'events.off_sale_at',
      'events.starts_at',
      'events.time_zone',
      'events.currency',
      'events.payment',
      'events.tickets_per_buyer',
      'events.tickets_per_order',
      'events.offer',
      'event_zones.zone_id',
      'event_zones.name as zone_name',
      'event_zones.price',
      'event_zones.categories',
      'event_zones.seat_rows',
      'event_zones.seat_columns',
      'event_zones.capacity',
      // Not its rows: they are long, and only its plan needs them.
      sql<number>`event_zones.hall is not null`.as('is_hall'),
    ])
    .where('events.event_id', '=', eventId)
    .where('events.state', '!=', 'draft')
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
    offSaleAt: event.off_sale_at?.toISOString() ?? null,
    startsAt: event.starts_at?.toISOString() ?? null,
    timeZone: event.time_zone,
    currency,
    payment: event.payment,
    ticketsPerBuyer: event.tickets_per_buyer,
    ticketsPerOrder: event.tickets_per_order ?? defaultTicketsPerOrder,
    ...presentOffer(event.offer === null ? emptyOffer : (JSON.parse(event.offer) as Offer), currency, nowMs),
    zones: rows.map((zone) => ({
      zoneId: zone.zone_id,
      name: zone.zone_name,
      price: zone.price === null ? null : plainDecimal(zone.price, currency),
      categories: zone.categories === null ? [] : (JSON.parse(zone.categories) as string[]),
      rows: zone.seat_rows,
      columns: zone.seat_columns,
      isHall: zone.is_hall === 1,
      capacity: zone.capacity,
    })),
  };
}
