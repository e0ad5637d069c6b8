import type { OrderTokens } from '../../shared/identity/order-token.ts';
import type { SalesCounters } from '../sales-counters/sales-counters.ts';
import type { Seats } from '../seats/create-seats.ts';
import type { SendRefusal } from './refusal.ts';

/** What the routes need. */
export type RouteDependencies = {
  seats: Seats;
  orderTokens: OrderTokens;
  /** Called after each sale or cancellation, replays included: the event's outbox may have new entries. */
  wakeRelay(eventId: string): void;
  /** Counts the outcomes of requests. */
  counters: SalesCounters;
  sendRefusal: SendRefusal;
};
