import type { Selectable } from 'kysely';
import type { Schema } from '../../shared/stores/schema.ts';

export type TicketRow = Omit<Selectable<Schema['tickets']>, 'live'>;
export type ConflictRow = Selectable<Schema['seat_conflicts']>;

/**
 * Returns tickets' statuses and conflicts as if sales and cancellations had arrived in order of sequence. A ticket is in conflict if
 * it was sold while another ticket had its seat, and stays so if that ticket is cancelled later. `tickets`: all known tickets that
 * were ever sold for the same seats.
 */
export function settle(tickets: TicketRow[]): { tickets: TicketRow[]; conflicts: ConflictRow[] } {
  const settled: TicketRow[] = [];
  const conflicts: ConflictRow[] = [];
  const owners = new Map<string, TicketRow>();
  for (const ticket of tickets.toSorted((a, b) => compareText(a.event_id, b.event_id) || a.sequence - b.sequence)) {
    const seat = seatOf(ticket);
    const owner = seat === undefined ? undefined : owners.get(seat);
    const isConflict = owner !== undefined && ticket.sequence < (owner.cancelled_sequence ?? Number.POSITIVE_INFINITY);
    if (isConflict) conflicts.push(conflictOf(ticket, owner));
    else if (seat !== undefined) owners.set(seat, ticket);
    const status = ticket.cancelled_sequence !== null ? 'CANCELLED' : isConflict ? 'CONFLICTED' : 'PAID';
    settled.push(status === ticket.status ? ticket : { ...ticket, status });
  }
  return { tickets: settled, conflicts };
}

export const compareText = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);

/** Undefined in a zone without seats, where tickets are never in conflict. */
function seatOf({ event_id, zone_id, seat_row, seat_column, seat_label }: TicketRow): string | undefined {
  return seat_row === null ? undefined : JSON.stringify([event_id, zone_id, seat_row, seat_column, seat_label]);
}

const conflictOf = (ticket: TicketRow, owner: TicketRow): ConflictRow => ({
  ticket_id: ticket.ticket_id,
  order_id: ticket.order_id,
  live_ticket_id: owner.ticket_id,
  live_order_id: owner.order_id,
  recorded_on: ticket.created_on,
});
