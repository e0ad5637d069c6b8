import type { EventPayments, ProviderBreaker } from '../../shared/payments/read-payments.ts';
import type { CatalogueEvent } from '../queries/catalogue.ts';

/**
 * The JSON messages that the operator's page gets over its WebSocket: first `event`, then `second` every second. A part that cannot be
 * read is null; the other parts are still sent.
 */
export type OpsMessage =
  | {
      type: 'event';
      event: CatalogueEvent;
      /** The events to choose from, latest first. */
      events: { eventId: string; name: string }[];
      /** What purchase did in the last minutes, second by second; idle seconds are left out. */
      history: SecondOfSale[];
    }
  | {
      type: 'second';
      /** When it was read: RFC 3339, UTC. */
      at: string;
      /** What purchase did in the last few completed seconds. A second may be sent again, more complete. */
      sale: SecondOfSale[] | null;
      /** 'missing': Redis responds but has no inventory for the event, so nothing can be sold. */
      inventory: Inventory | 'missing' | null;
      projection: Projection | null;
      /** Domain events that SNS has not accepted yet. */
      outbox: { events: number; oldestSeconds: number } | null;
      /** SQS messages, each with many domain events. */
      queue: { messages: number; inFlight: number; deadLetters: number } | null;
      /** The result of the event's last `onsale verify`. */
      verification: Verification | 'never' | null;
      /** 'none': nobody has begun to pay for it through checkout. */
      payments: Payments | 'none' | null;
    };

/** What all purchase processes together did in one second. Counts are for one event, except `overloaded`, which is for all events. */
export type SecondOfSale = {
  /** Its start, in milliseconds since 1970; a whole second. */
  at: number;
  ticketsSold: number;
  /** The total price of those tickets, a decimal in the event's currency. */
  revenue: string;
  ticketsHeld: number;
  ticketsCancelled: number;
  /** Refused requests, by problem code. */
  refused: Record<string, number>;
  /** Requests refused unread, because too many were waiting. */
  overloaded: number;
  /** Purchase's response times for all events; null if it sent no response. */
  latencyMs: { p50: number; p95: number; p99: number } | null;
};

export type Inventory = {
  capacity: number;
  available: number;
  held: number;
  sold: number;
  blocked: number;
  zones: ZoneFigures[];
};

export type ZoneFigures = {
  zoneId: number;
  capacity: number;
  available: number;
  held: number;
  sold: number;
  blocked: number;
  /** Live tickets in MySQL; null if it does not respond. */
  projected: number | null;
  /** What is wrong, beyond a lagging projection. Absent: available + held + sold + blocked equals the capacity, by counts and by seats. */
  fault?: string;
};

export type Projection = {
  tickets: number;
  /** A decimal in the event's currency. */
  revenue: string;
  /** Domain events in Redis but not yet in MySQL; null while the inventory is missing. */
  lagSequences: number | null;
  /** How long the first of those has waited, as far as this process has seen; null while the inventory is missing. */
  lagSeconds: number | null;
};

export type Verification = {
  /** When it began: RFC 3339, UTC. */
  at: string;
  differences: number;
  tickets: number;
  /** A decimal in the event's currency. */
  revenue: string;
  /** One line. */
  summary: string;
};

/** `providers`: what their circuit breakers are, or were last. */
export type Payments = EventPayments & { providers: ProviderBreaker[] };
