import type { TicketsPurchased } from '../../shared/ticket-events.ts';

/** The domain event that cancelled a ticket, and when that was; true if it was cancelled before this was noted. */
export type CancelledBy = { sequence: number; timeMs: number } | true;

/** `conflicted`: another ticket has its seat, as MySQL knew when the inventory was rebuilt. */
export type TicketInRedis = TicketsPurchased['data']['tickets'][number] & { cancelled?: CancelledBy; conflicted?: true };

/** An order as the scripts write it; one that is held has no sequence yet. */
export type OrderInRedis = Omit<TicketsPurchased['data'], 'sequence' | 'tickets'> & {
  sequence?: number;
  tickets: TicketInRedis[];
};
