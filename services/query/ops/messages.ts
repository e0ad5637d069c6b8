import type { CatalogueEvent } from '../queries/catalogue.ts';

/**
 * What the operator's page is told over its WebSocket, JSON: first `event`, then `second` every second. What cannot be read just now is
 * null in it, and the rest goes on.
 */
export type OpsMessage =
  | {
      type: 'event';
      event: CatalogueEvent;
      /** Every event there is, the latest first, to choose from. */
      events: { eventId: string; name: string }[];
      /** What purchase did in the minutes before, second by second; seconds in which it did nothing are left out. */
      history: SecondOfSale[];
    }
  | {
      type: 'second';
      /** When it was read: RFC 3339, UTC. */
      at: string;
      /** What purchase did in the seconds that are over since the last message. A second may come again, more complete. */
      sale: SecondOfSale[] | null;
      /** 'missing': Redis answers, and has none of the event, so that nothing of it can be sold. */
      inventory: Inventory | 'missing' | null;
      projection: Projection | null;
      /** Domain events that SNS has not accepted yet. */
      outbox: { events: number; oldestSeconds: number } | null;
      /** Messages of SQS, many domain events each. */
      queue: { messages: number; inFlight: number; deadLetters: number } | null;
      /** What the last `onsale verify` of the event found. */
      verification: Verification | 'never' | null;
    };

/** What all purchase processes together answered in one second: requests on the event, but for `overloaded`, which are on any. */
export type SecondOfSale = {
  /** Its beginning, in milliseconds since 1970; a whole second. */
  at: number;
  ticketsSold: number;
  /** What these cost together, a decimal in the event's currency. */
  revenue: string;
  ticketsHeld: number;
  ticketsCancelled: number;
  /** Requests that were refused, by problem code. */
  refused: Record<string, number>;
  /** Requests that were refused unread, because too many waited. */
  overloaded: number;
  /** How long purchase took for an answer, on any event; null where it gave none. */
  latencyMs: { p50: number; p95: number; p99: number } | null;
};

export type Inventory = {
  capacity: number;
  available: number;
  held: number;
  sold: number;
  zones: ZoneFigures[];
};

export type ZoneFigures = {
  zoneId: number;
  capacity: number;
  available: number;
  held: number;
  sold: number;
  /** Live tickets in MySQL; null where it does not answer. */
  projected: number | null;
  /** What is wrong: more than a projection that is yet to come explains. Absent: available + held + sold is the capacity, by counts and by seats. */
  fault?: string;
};

export type Projection = {
  tickets: number;
  /** A decimal in the event's currency. */
  revenue: string;
  /** Domain events that Redis has and MySQL has not; null while the inventory is missing. */
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
