import { type OrderInRedis, statusOf, type TicketInRedis } from '../../../services/shared/inventory/order.ts';
import { formatMoney } from '../../../services/shared/terms/money.ts';
import type { Differences } from './report.ts';

/** A ticket in a form that both stores share: the price has MySQL's four decimals; row and column are '' and 0 without a seat. */
export type LiveTicket = {
  ticketId: string;
  orderId: string;
  zoneId: number;
  row: string;
  column: number;
  price: string;
  currency: string;
  sequence: number;
};

/** A ticket that was cancelled, or that a rebuild found in conflict, has no seat. */
export const isLive = (ticket: TicketInRedis) => statusOf(ticket) === 'PAID';

/** Everything about a ticket that is compared, as one text. */
export const fingerprintOf = ({ ticketId, orderId, zoneId, row, column, price, currency, sequence }: LiveTicket) =>
  `${ticketId} ${orderId} ${zoneId} ${row} ${column} ${price} ${currency} ${sequence}`;

export function ticketOf({ orderId, sequence = 0 }: OrderInRedis, ticket: TicketInRedis): LiveTicket {
  const { ticketId, zoneId, row = '', column = 0, priceMinor, currency } = ticket;
  return { ticketId, orderId, zoneId, row, column, price: priceOf(priceMinor, currency), currency, sequence };
}

/** "seat A5 of zone 1", or "a place in zone 2". */
export const placeOf = ({ zoneId, row, column }: Pick<LiveTicket, 'zoneId' | 'row' | 'column'>) =>
  row === '' ? `a place in zone ${zoneId}` : `seat ${row}${column} of zone ${zoneId}`;

/** Formatted prices: an event has many tickets, but few prices. */
const prices = new Map<string, string>();
const maxPrices = 10_000;

function priceOf(priceMinor: number, currency: string): string {
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
