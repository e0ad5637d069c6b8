import type { TicketsPurchased } from '../../shared/ticket-events.ts';

export type TicketInRedis = TicketsPurchased['data']['tickets'][number] & { cancelled?: true };

/** An order as the scripts write it; one that is held has no sequence yet. */
export type OrderInRedis = Omit<TicketsPurchased['data'], 'sequence' | 'tickets'> & {
  sequence?: number;
  tickets: TicketInRedis[];
};
