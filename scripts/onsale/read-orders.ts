import { sql } from 'kysely';
import { ticketsOf } from '../../services/catalogue/reads/tickets-of.ts';
import type { CancelledBy, OrderInRedis, TicketInRedis } from '../../services/shared/inventory/order.ts';
import type { SoldOrder } from '../../services/shared/inventory/rebuild-inventory.ts';
import type { Database } from '../../services/shared/stores/database.ts';
import { seatOf } from '../../services/shared/stores/seat-columns.ts';
import { uuidText } from '../../services/shared/stores/uuid.ts';
import { parseMoney } from '../../services/shared/terms/money.ts';

/** Many times the tickets of the largest order, so that each read contains all that one domain event sold. */
const ticketsAtOnce = 5_000;

/** Yields every order of an event from MySQL, in the order of sale, in batches. */
export async function* readOrders(
  db: Database,
  { eventId, venueId }: { eventId: string; venueId: string },
): AsyncGenerator<SoldOrder[]> {
  /** The exchanges that sold tickets of orders already yielded. */
  const exchanges = new Set<number>();
  let after = 0;
  for (;;) {
    const rows = await ticketsOf(db, eventId)
      .where('tickets.sequence', '>', after)
      .orderBy('tickets.sequence')
      .orderBy(sql`tickets.ticket_id`)
      .limit(ticketsAtOnce)
      .execute();
    const isLast = rows.length < ticketsAtOnce;
    const sales = [...Map.groupBy(rows, ({ sequence }) => sequence)];
    // The last sale may continue in the next read.
    const whole = isLast ? sales : sales.slice(0, -1);
    const later = await readExchanged(
      db,
      eventId,
      whole.map(([, tickets]) => tickets),
    );
    const orders: SoldOrder[] = [];
    for (const [sequence, tickets] of whole) {
      if (exchanges.delete(sequence)) continue;
      const replacements = later.get(orderIdOf(tickets))?.filter((ticket) => ticket.sequence > sequence) ?? [];
      for (const ticket of replacements) exchanges.add(ticket.sequence);
      orders.push(orderOf({ eventId, venueId }, [...tickets, ...replacements]));
    }
    if (orders.length > 0) yield orders;
    if (isLast) return;
    after = whole.at(-1)?.[0] ?? after;
  }
}

type TicketRow = Awaited<ReturnType<ReturnType<typeof ticketsOf>['execute']>>[number];

const orderIdOf = ([ticket]: TicketRow[]) => (ticket ? uuidText(ticket.order_id) : '');

/** All tickets of the orders that had tickets exchanged, by order, in the order of sale. */
async function readExchanged(db: Database, eventId: string, sales: TicketRow[][]): Promise<Map<string, TicketRow[]>> {
  const orderIds = sales.flatMap((tickets) => {
    const exchanged = tickets.find(({ exchanged_for }) => exchanged_for !== null);
    return exchanged ? [exchanged.order_id] : [];
  });
  if (orderIds.length === 0) return new Map();
  const rows = await ticketsOf(db, eventId)
    .where('order_events.order_id', 'in', orderIds)
    .orderBy('tickets.sequence')
    .orderBy(sql`tickets.ticket_id`)
    .execute();
  return Map.groupBy(rows, ({ order_id }) => uuidText(order_id));
}

function orderOf({ eventId, venueId }: { eventId: string; venueId: string }, rows: TicketRow[]): SoldOrder {
  const [first] = rows;
  if (!first) throw new Error('an order has no ticket');
  const { order_id, sequence, created_on, paid_by } = first;
  const buyerId = rows.find(({ buyer_id }) => buyer_id !== null)?.buyer_id ?? undefined;
  const order: OrderInRedis = {
    sequence,
    orderId: uuidText(order_id),
    eventId,
    venueId,
    ...(buyerId !== undefined && { buyerId }),
    ...(paid_by !== null && { paidBy: paid_by }),
    tickets: rows.map((row) => ticketOf(row, sequence)),
  };
  return { order, soldAtMs: created_on.getTime() };
}

/** A ticket of the order that was sold with the domain event of number `purchase`. */
function ticketOf(row: TicketRow, purchase: number): TicketInRedis {
  const { currency, category, ticket_type: ticketType, promotion, full_price, status, sequence, exchanged_for } = row;
  const minor = (decimal: string) => Number(parseMoney(decimal, currency));
  return {
    ticketId: uuidText(row.ticket_id),
    zoneId: row.zone_id,
    ...seatOf(row),
    ...(category !== null && { category }),
    ...(ticketType !== null && { ticketType }),
    priceMinor: minor(row.price),
    currency,
    ...(promotion !== null && { promotion }),
    ...(full_price !== null && { fullPriceMinor: minor(full_price) }),
    ...(sequence !== purchase && { sold: { sequence, timeMs: row.created_on.getTime() } }),
    ...(status === 'CANCELLED' && { cancelled: cancelledBy(row) }),
    ...(exchanged_for !== null && { exchangedFor: uuidText(exchanged_for) }),
    ...(status === 'CONFLICTED' && { conflicted: true }),
  };
}

const cancelledBy = ({ cancelled_sequence, cancelled_on }: Pick<TicketRow, 'cancelled_sequence' | 'cancelled_on'>): CancelledBy =>
  cancelled_sequence === null || cancelled_on === null || { sequence: cancelled_sequence, timeMs: cancelled_on.getTime() };
