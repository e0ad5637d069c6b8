import type { TicketsPurchased } from '../../shared/ticket-events.ts';

/** The domain event that cancelled a ticket, and its time; true if the ticket was cancelled before orders recorded this. */
export type CancelledBy = { sequence: number; timeMs: number } | true;

/** `conflicted`: another ticket has its seat, according to MySQL when the inventory was rebuilt. */
export type TicketInRedis = TicketsPurchased['data']['tickets'][number] & { cancelled?: CancelledBy; conflicted?: true };

/** An order as the scripts write it; a held one has no sequence number yet. */
export type OrderInRedis = Omit<TicketsPurchased['data'], 'sequence' | 'tickets'> & {
  sequence?: number;
  tickets: TicketInRedis[];
};
