import type { DomainEvent } from '../../services/shared/events/domain-events.ts';
import { uuidText } from '../../services/shared/stores/uuid.ts';
import { ticketsSold } from './purchases.ts';
import { db } from './stores.ts';

/**
 * Reads the whole projection of the event with these domain events. Orders and tickets are named after the domain event that sold
 * them: "3" is the order of domain event 3, "3.0" its first ticket.
 */
export async function projectionOf(events: DomainEvent[]) {
  const eventId = events[0]?.data.eventId ?? '';
  const names = namesOf(events);
  const nameOf = (id: Buffer) => names.get(uuidText(id)) ?? `unknown ${uuidText(id)}`;
  const [tickets, applied, sales, conflicts] = await Promise.all([
    db.selectFrom('tickets').selectAll().where('event_id', '=', eventId).orderBy('sequence').orderBy('ticket_id').execute(),
    db.selectFrom('order_events').selectAll().where('event_id', '=', eventId).orderBy('sequence').execute(),
    db.selectFrom('sales_by_zone').selectAll().where('event_id', '=', eventId).orderBy('zone_id').execute(),
    db
      .selectFrom('seat_conflicts')
      .innerJoin('tickets', 'tickets.ticket_id', 'seat_conflicts.ticket_id')
      .selectAll('seat_conflicts')
      .where('tickets.event_id', '=', eventId)
      .orderBy('tickets.sequence')
      .orderBy('tickets.ticket_id')
      .execute(),
  ]);
  return {
    statuses: Object.fromEntries(tickets.map(({ ticket_id, status }) => [nameOf(ticket_id), status])),
    exchanges: Object.fromEntries(
      tickets.flatMap(({ ticket_id, exchanged_for }) => (exchanged_for ? [[nameOf(ticket_id), nameOf(exchanged_for)]] : [])),
    ),
    sales: Object.fromEntries(sales.map(({ zone_id, tickets, revenue }) => [zone_id, `${tickets} for ${revenue}`])),
    conflicts: conflicts.map(({ ticket_id, live_ticket_id }) => `${nameOf(ticket_id)} with ${nameOf(live_ticket_id)}`),
    sequences: applied.map(({ sequence }) => sequence),
    rows: [...tickets, ...applied, ...conflicts].map((row) =>
      Object.fromEntries(
        Object.entries({ ...row, event_id: undefined, applied_on: undefined }).map(([column, value]) => [
          column,
          Buffer.isBuffer(value) ? nameOf(value) : value,
        ]),
      ),
    ),
  };
}

function namesOf(events: DomainEvent[]): Map<string, string> {
  const names = new Map<string, string>();
  for (const event of events) {
    const { orderId, sequence } = event.data;
    if (event.type === 'onsale.tickets.cancelled') continue;
    if (event.type === 'onsale.tickets.purchased') names.set(orderId, String(sequence));
    for (const [at, { ticketId }] of ticketsSold(event).entries()) names.set(ticketId, `${sequence}.${at}`);
  }
  return names;
}
