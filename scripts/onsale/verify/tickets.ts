import type { OrderInRedis } from '../../../services/shared/inventory/order.ts';
import { formatMoney } from '../../../services/shared/terms/money.ts';

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

export type TicketKept = OrderInRedis['tickets'][number] & { conflicted?: true };

/** A ticket that was cancelled, or that a rebuild found in conflict, has no seat. */
export const isLive = ({ cancelled, conflicted }: TicketKept) => !cancelled && !conflicted;

/** Everything about a ticket that is compared, as one text. */
export const fingerprintOf = ({ ticketId, orderId, zoneId, row, column, price, currency, sequence }: LiveTicket) =>
  `${ticketId} ${orderId} ${zoneId} ${row} ${column} ${price} ${currency} ${sequence}`;

export function ticketOf({ orderId, sequence = 0 }: OrderInRedis, ticket: TicketKept): LiveTicket {
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
