import type { TicketInRedis } from '../../shared/inventory/order.ts';
import type { RefundRefusal, RefundWish } from '../saga/types.ts';
import { isCounted, leftOf, type Refund } from './refund.ts';

/** A ticket of the order as it is now, as far as its refund depends on it. */
export type OrderTicket = Pick<TicketInRedis, 'ticketId' | 'priceMinor' | 'exchangedFor'>;

/** What was paid for an order, what it has now, and the refunds so far. */
export type Paid = { capturedMinor: number; currency: string; tickets: OrderTicket[]; refunds: Refund[] };

/**
 * How much a wish gives back, and for which tickets (absent: all). The whole order gives back all that is left; tickets give back what
 * they were sold for. Never more than what is left of what was captured.
 */
export function amountOf(
  { ticketIds, amountMinor }: Pick<RefundWish, 'ticketIds' | 'amountMinor'>,
  { capturedMinor, currency, tickets, refunds }: Paid,
): { amountMinor: number; ticketIds?: string[] } | RefundRefusal {
  const counted = refunds.filter(isCounted);
  const leftMinor = leftOf(capturedMinor, refunds);
  const own = tickets.filter(({ exchangedFor }) => exchangedFor === undefined);
  const isWhole = counted.some((refund) => refund.ticketIds === undefined);
  const refunded = new Set(isWhole ? own.map(({ ticketId }) => ticketId) : counted.flatMap((refund) => refund.ticketIds ?? []));
  const atMost = (wanted: number, tickets: { ticketIds?: string[] }) =>
    wanted > leftMinor ? ({ refused: 'REFUND_TOO_MUCH', leftMinor, currency } as const) : { amountMinor: wanted, ...tickets };

  if (amountMinor !== undefined) return atMost(amountMinor, { ticketIds: [] });
  if (ticketIds === undefined) {
    const isNothing = leftMinor === 0 && own.every(({ ticketId }) => refunded.has(ticketId));
    return isNothing ? { refused: 'NOTHING_TO_REFUND', leftMinor, currency } : { amountMinor: leftMinor };
  }
  const prices = new Map(own.map((ticket) => [ticket.ticketId, ticket.priceMinor]));
  if (ticketIds.some((ticketId) => !prices.has(ticketId))) return { refused: 'TICKET_NOT_FOUND' };
  if (ticketIds.some((ticketId) => refunded.has(ticketId))) return { refused: 'TICKET_REFUNDED' };
  return atMost(
    ticketIds.reduce((sum, ticketId) => sum + (prices.get(ticketId) ?? 0), 0),
    { ticketIds },
  );
}

/** Whether a stored refund is what a wish with its request key asks for. */
export function isSameWish(refund: Refund, { ticketIds, amountMinor, seats }: RefundWish): boolean {
  const wanted = amountMinor !== undefined ? [] : ticketIds;
  const isSameAmount = amountMinor === undefined || amountMinor === refund.amountMinor;
  return isSameAmount && refund.seats === seats && textOf(refund.ticketIds) === textOf(wanted);
}

const textOf = (ticketIds: string[] | undefined) => JSON.stringify(ticketIds?.toSorted() ?? null);
