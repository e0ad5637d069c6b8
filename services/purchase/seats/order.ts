import type { TicketsPurchased } from '../../shared/ticket-events.ts';

/** `conflicted`: another ticket has its seat, as MySQL knew when the inventory was rebuilt. */
export type TicketInRedis = TicketsPurchased['data']['tickets'][number] & { cancelled?: true; conflicted?: true };

/** An order as the scripts write it; one that is held has no sequence yet. */
export type OrderInRedis = Omit<TicketsPurchased['data'], 'sequence' | 'tickets'> & {
  sequence?: number;
  tickets: TicketInRedis[];
};
