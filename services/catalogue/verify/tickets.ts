import { type OrderInRedis, statusOf, type TicketInRedis } from '../../shared/inventory/order.ts';
import { formatMoney } from '../../shared/terms/money.ts';
import type { SeatLabel } from '../../shared/terms/seat-label.ts';
import type { Differences } from './report.ts';
import { seatText } from './short-seat.ts';

/** A ticket in a form that both stores share: prices have MySQL's four decimals; what it does not have is ''. */
export type LiveTicket = {
  ticketId: string;
  orderId: string;
  zoneId: number;
  row: string;
  column: SeatLabel;
  category: string;
  ticketType: string;
  price: string;
  promotion: string;
  fullPrice: string;
  /** How its order was paid. */
  paidBy: string;
  currency: string;
  /** The number of the domain event that sold it: its order's purchase, or an exchange. */
  sequence: number;
};

/** A ticket that was cancelled, or that a rebuild found in conflict, has no seat. */
export const isLive = (ticket: TicketInRedis) => statusOf(ticket) === 'PAID';

/** Everything about a ticket that is compared, as one text: its id and its order's, then the rest. Labels have spaces, but no line ends. */
export const fingerprintOf = (ticket: LiveTicket) => {
  const {
    ticketId,
    orderId,
    zoneId,
    row,
    column,
    category,
    ticketType,
    price,
    promotion,
    fullPrice,
    paidBy,
    currency,
    sequence,
  } = ticket;
  const terms = `${category} ${ticketType} ${price} ${promotion} ${fullPrice} ${paidBy} ${currency} ${sequence}`;
  return `${ticketId} ${orderId} ${zoneId} ${row}\n${column}\n${terms}`;
};

/** The number of the domain event that sold a ticket of an order in Redis. */
export const soldBy = ({ sequence = 0 }: OrderInRedis, { sold }: TicketInRedis) => sold?.sequence ?? sequence;

export function ticketOf(order: OrderInRedis, ticket: TicketInRedis): LiveTicket {
  const { ticketId, zoneId, row = '', column = '', category = '', ticketType = '', promotion = '', currency } = ticket;
  return {
    ...{ ticketId, orderId: order.orderId, zoneId, row, column, category, ticketType, promotion, currency },
    price: soldPrice(ticket.priceMinor, currency),
    fullPrice: ticket.fullPriceMinor === undefined ? '' : soldPrice(ticket.fullPriceMinor, currency),
    paidBy: order.paidBy ?? '',
    sequence: soldBy(order, ticket),
  };
}

/** "seat A5 of zone 1", or "a place in zone 2". */
export const placeOf = ({ zoneId, row, column }: Pick<LiveTicket, 'zoneId' | 'row' | 'column'>) => {
  const seat = seatText(row, column);
  if (seat === '') return `a place in zone ${zoneId}`;
  return seat.startsWith('row ') ? `${seat} of zone ${zoneId}` : `seat ${seat} of zone ${zoneId}`;
};

/** Formatted prices: an event has many tickets, but few prices. */
const prices = new Map<string, string>();
const maxPrices = 10_000;

/** A price with the four decimals that MySQL has. */
export function soldPrice(priceMinor: number, currency: string): string {
  const key = `${priceMinor} ${currency}`;
  const known = prices.get(key);
  if (known !== undefined) return known;
  const [whole = '', decimals = ''] = formatMoney(priceMinor, currency).split('.');
  const price = `${whole}.${decimals.padEnd(4, '0')}`;
  if (prices.size === maxPrices) prices.clear();
  prices.set(key, price);
  return price;
}

/** An event's venue and currency: one of each, for all of its tickets. */
export type Terms = { venueId: string; currency: string };

/** Reports a live ticket whose venue or currency is not that of its event, with both as in `store`. */
export function reportForeign(
  store: 'Redis' | 'MySQL',
  terms: Terms,
  ticket: Terms & { ticketId: string; orderId: string },
  differences: Differences,
): void {
  const name = () => `ticket ${ticket.ticketId} of order ${ticket.orderId}`;
  if (ticket.currency !== terms.currency) {
    differences.add(
      'tickets in a foreign currency',
      () => `${name()} is in ${ticket.currency} in ${store}, but its event in ${terms.currency}: sums and revenue mix currencies`,
    );
  }
  if (ticket.venueId !== terms.venueId) {
    differences.add(
      'tickets of a foreign venue',
      () => `${name()} is for venue ${ticket.venueId} in ${store}, but its event is at ${terms.venueId}`,
    );
  }
}

/** Reports a venue or currency of an event that differs between Redis and MySQL. */
export function compareTerms(inRedis: Terms, inMysql: Terms, differences: Differences): void {
  for (const [what, here, there] of [
    ['venue', inRedis.venueId, inMysql.venueId],
    ['currency', inRedis.currency, inMysql.currency],
  ] as const) {
    if (here === there) continue;
    differences.add('events whose stores disagree', () => `the event's ${what} is ${here} in Redis and ${there} in MySQL`);
  }
}
