import type { Selectable } from 'kysely';
import { type Static, Type } from 'typebox';
import type { Schema } from '../stores/schema.ts';
import { EventId, OrganiserId, Timestamp, VenueId } from '../terms/identifiers.ts';

const timeOrNull = (description: string) => Type.Unsafe<string | null>({ ...Timestamp, type: ['string', 'null'], description });

/** What every list of events shows of an event. Times are RFC 3339, UTC. */
export const EventHead = Type.Object({
  eventId: EventId,
  organiserId: OrganiserId,
  name: Type.String(),
  venueId: VenueId,
  venueName: Type.String(),
  onSaleAt: Timestamp,
  offSaleAt: timeOrNull('From then on nothing is sold; null: no such time is planned'),
  startsAt: timeOrNull('When the event begins'),
  timeZone: Type.Unsafe<string | null>({ type: ['string', 'null'], description: "The venue's, an IANA name" }),
});
export type EventHead = Static<typeof EventHead>;

/** The columns of `events` that it is made of. */
export const headColumns = [
  'event_id',
  'organiser_id',
  'name',
  'venue_id',
  'venue_name',
  'on_sale_at',
  'off_sale_at',
  'starts_at',
  'time_zone',
] as const;

export const headOf = (row: Pick<Selectable<Schema['events']>, (typeof headColumns)[number]>): EventHead => ({
  eventId: row.event_id,
  organiserId: row.organiser_id,
  name: row.name,
  venueId: row.venue_id,
  venueName: row.venue_name,
  onSaleAt: row.on_sale_at.toISOString(),
  offSaleAt: row.off_sale_at?.toISOString() ?? null,
  startsAt: row.starts_at?.toISOString() ?? null,
  timeZone: row.time_zone,
});
