import type { FastifyRequest } from 'fastify';
import type { OrderTokens } from '../../shared/identity/order-token.ts';
import type { SalesCounters } from '../sales-counters/sales-counters.ts';
import type { Seats } from '../seats/create-seats.ts';
import type { HoldingClient } from '../seats/purchase.ts';
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
  /** The client of a new hold, if it is limited what that client may hold. */
  holdingClientOf(request: FastifyRequest): HoldingClient | undefined;
};
