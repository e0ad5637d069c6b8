import { type Static, Type } from 'typebox';
import { formatMoney } from '../terms/money.ts';
import { Ticket } from '../terms/ticket.ts';
import type { TicketInRedis } from './order.ts';

/** A place and its price, as the API returns them. */
export const PricedSeat = Type.Pick(Ticket, [
  ...(['ticketId', 'zoneId', 'row', 'column', 'category', 'ticketType'] as const),
  ...(['price', 'fullPrice', 'promotion'] as const),
]);

export function presentSeat(ticket: TicketInRedis): Static<typeof PricedSeat> {
  const { ticketId, zoneId, row, column, category, ticketType, priceMinor, fullPriceMinor, promotion, currency } = ticket;
  return {
    ticketId,
    zoneId,
    row: row ?? null,
    column: column === undefined ? null : String(column),
    ...(category !== undefined && { category }),
    ...(ticketType !== undefined && { ticketType }),
    price: formatMoney(priceMinor, currency),
    ...(fullPriceMinor !== undefined && { fullPrice: formatMoney(fullPriceMinor, currency) }),
    ...(promotion !== undefined && { promotion }),
  };
}
