import { sql } from 'kysely';
import type { TicketsConflicted } from '../../shared/events/domain-events.ts';
import { baseOf } from '../../shared/events/epochs.ts';
import type { Database } from '../../shared/stores/database.ts';
import { seatOf } from '../../shared/stores/seat-columns.ts';
import { uuidText } from '../../shared/stores/uuid.ts';
import { parseMoney } from '../../shared/terms/money.ts';

/**
 * Reads up to `limit` conflicts that are certain and unpublished, event by event. Leaves out cancelled tickets: their buyers no
 * longer want a seat.
 *
 * A conflict is certain once all domain events with lower sequence numbers than its ticket's were applied: no earlier cancellation
 * that freed the seat can still arrive, so a published conflict is never withdrawn. The end of an earlier epoch is unknown: it must
 * have no gap, and any domain events after its last applied one count as lost.
 */
export async function readUnpublishedConflicts(db: Database, limit: number): Promise<TicketsConflicted[]> {
  const conflicted = await unpublished(db).select('tickets.event_id').distinct().execute();
  if (conflicted.length === 0) return [];
  const rows = await readRows(
    db,
    conflicted.map(({ event_id }) => event_id),
    limit,
  );
  return rows.map(conflictedEvent);
}

const unpublished = (db: Database) =>
  db
    .selectFrom('seat_conflicts')
    .innerJoin('tickets', 'tickets.ticket_id', 'seat_conflicts.ticket_id')
    .leftJoin('conflict_notices', 'conflict_notices.ticket_id', 'seat_conflicts.ticket_id')
    .where('conflict_notices.ticket_id', 'is', null)
    .where('tickets.status', '=', 'CONFLICTED');

const readRows = (db: Database, eventIds: string[], limit: number) =>
  unpublished(db)
    .innerJoin('order_events', (join) =>
      join.onRef('order_events.event_id', '=', 'tickets.event_id').onRef('order_events.sequence', '=', 'tickets.sequence'),
    )
    .leftJoin(firstAfterGaps(db, eventIds).as('after_gap'), 'after_gap.event_id', 'tickets.event_id')
    .where(({ eb, or }) =>
      or([eb('after_gap.sequence', 'is', null), eb('tickets.sequence', '<', eb.ref('after_gap.sequence').$notNull())]),
    )
    .where('tickets.event_id', 'in', eventIds)
    .selectAll('tickets')
    .select(['order_events.buyer_id', 'seat_conflicts.live_ticket_id', 'seat_conflicts.live_order_id'])
    .orderBy('tickets.event_id')
    .orderBy('tickets.sequence')
    .orderBy('tickets.ticket_id')
    .limit(limit)
    .execute();

/** For each event with a gap, the first sequence number after it: the first that is not the n-th applied one of its epoch. */
function firstAfterGaps(db: Database, eventIds: string[]) {
  const perEpoch = sql.lit(baseOf(1));
  const counted = db
    .selectFrom('order_events')
    .select(['event_id', 'sequence'])
    .select(sql<number>`row_number() over (partition by event_id, sequence div ${perEpoch} order by sequence)`.as('nth'))
    .where('event_id', 'in', eventIds);
  return db
    .selectFrom(counted.as('counted'))
    .select(({ fn }) => ['event_id', fn.min('sequence').as('sequence')])
    .where(sql<boolean>`sequence mod ${perEpoch} <> nth`)
    .groupBy('event_id');
}

/** Identical each time, because its time is that of the sale. */
function conflictedEvent(row: Awaited<ReturnType<typeof readRows>>[number]): TicketsConflicted {
  const ticketId = uuidText(row.ticket_id);
  const seat = seatOf(row);
  if (!seat) throw new Error(`ticket ${ticketId} is in conflict, but has no seat`);
  return {
    specversion: '1.0',
    id: `conflict-${ticketId}`,
    source: `/onsale/events/${row.event_id}`,
    type: 'onsale.tickets.conflicted',
    time: row.created_on.toISOString(),
    datacontenttype: 'application/json',
    dataschema: 'urn:onsale:tickets.conflicted:1',
    data: {
      eventId: row.event_id,
      venueId: row.venue_id,
      zoneId: row.zone_id,
      ...seat,
      ticketId,
      orderId: uuidText(row.order_id),
      ...(row.buyer_id !== null && { buyerId: row.buyer_id }),
      priceMinor: Number(parseMoney(row.price, row.currency)),
      currency: row.currency,
      liveTicketId: uuidText(row.live_ticket_id),
      liveOrderId: uuidText(row.live_order_id),
    },
  };
}
