import type { Database } from '../../shared/stores/database.ts';

/** Selects an event's tickets, with the buyers of their orders; NULL if the domain event that sold a ticket is not applied. */
export const ticketsOf = (db: Database, eventId: string) =>
  db
    .selectFrom('tickets')
    .leftJoin('order_events', (join) =>
      join
        .onRef('order_events.event_id', '=', 'tickets.event_id')
        .onRef('order_events.sequence', '=', 'tickets.sequence')
        .onRef('order_events.order_id', '=', 'tickets.order_id'),
    )
    .selectAll('tickets')
    .select('order_events.buyer_id')
    .where('tickets.event_id', '=', eventId);
