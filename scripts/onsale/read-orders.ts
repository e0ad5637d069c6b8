import { sql } from 'kysely';
import type { CancelledBy, OrderInRedis, TicketInRedis } from '../../services/shared/inventory/order.ts';
import type { SoldOrder } from '../../services/shared/inventory/rebuild-inventory.ts';
import type { Database } from '../../services/shared/stores/database.ts';
import { uuidText } from '../../services/shared/stores/uuid.ts';
import { parseMoney } from '../../services/shared/terms/money.ts';

/** Many times the tickets of the largest order, so that each read contains a whole one. */
const ticketsAtOnce = 5_000;

/** Yields every order of an event from MySQL, in the order of sale, in batches. */
export async function* readOrders(
  db: Database,
  { eventId, venueId }: { eventId: string; venueId: string },
): AsyncGenerator<SoldOrder[]> {
  let after = 0;
  for (;;) {
    const rows = await readTickets(db, eventId, after);
    const isLast = rows.length < ticketsAtOnce;
    const groups = [...Map.groupBy(rows, ({ sequence }) => sequence)];
    // The last order may continue in the next read.
    const whole = isLast ? groups : groups.slice(0, -1);
    if (whole.length > 0) yield whole.map(([, tickets]) => orderOf({ eventId, venueId }, tickets));
    if (isLast) return;
    after = whole.at(-1)?.[0] ?? after;
  }
}

type TicketRow = Awaited<ReturnType<typeof readTickets>>[number];

const readTickets = (db: Database, eventId: string, after: number) =>
  db
    .selectFrom('tickets')
    .leftJoin('order_events', (join) =>
      join
        .onRef('order_events.event_id', '=', 'tickets.event_id')
        .onRef('order_events.sequence', '=', 'tickets.sequence')
        .onRef('order_events.order_id', '=', 'tickets.order_id'),
    )
    .selectAll('tickets')
    .select('buyer_id')
    .where('tickets.event_id', '=', eventId)
    .where('tickets.sequence', '>', after)
    .orderBy('tickets.sequence')
    .orderBy(sql`tickets.ticket_id`)
    .limit(ticketsAtOnce)
    .execute();

function orderOf({ eventId, venueId }: { eventId: string; venueId: string }, rows: TicketRow[]): SoldOrder {
  const [first] = rows;
  if (!first) throw new Error('an order has no ticket');
  const { order_id, sequence, buyer_id, created_on } = first;
  const order: OrderInRedis = {
    sequence,
    orderId: uuidText(order_id),
    eventId,
    venueId,
    ...(buyer_id !== null && { buyerId: buyer_id }),
    tickets: rows.map(ticketOf),
  };
  return { order, soldAtMs: created_on.getTime() };
}

const ticketOf = ({ ticket_id, zone_id, seat_row, seat_column, price, currency, status, ...row }: TicketRow): TicketInRedis => ({
  ticketId: uuidText(ticket_id),
  zoneId: zone_id,
  ...(seat_row !== null && seat_column !== null && { row: seat_row, column: seat_column }),
  priceMinor: Number(parseMoney(price, currency)),
  currency,
  ...(status === 'CANCELLED' && { cancelled: cancelledBy(row) }),
  ...(status === 'CONFLICTED' && { conflicted: true }),
});

const cancelledBy = ({ cancelled_sequence, cancelled_on }: Pick<TicketRow, 'cancelled_sequence' | 'cancelled_on'>): CancelledBy =>
  cancelled_sequence === null || cancelled_on === null || { sequence: cancelled_sequence, timeMs: cancelled_on.getTime() };
