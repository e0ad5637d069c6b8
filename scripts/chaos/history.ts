import type { Ticket } from '../../services/shared/ticket.ts';

/** What a buyer was told in the end: yes, and what; no, and why; or nothing that is certain. */
export type Outcome<Told> = { kind: 'yes'; told: Told } | { kind: 'no'; code: string } | { kind: 'unknown' };

/** Row and column as the API has them: null in general admission. */
export type Place = Pick<Ticket, 'zoneId' | 'row' | 'column'>;
export type PricedPlace = Place & Pick<Ticket, 'price'>;

/** Chosen seats, or so many of a zone. */
export type Wanted = { seats: Place[] } | { zoneId: number; quantity: number };

export type PromisedOrder = {
  orderId: string;
  orderToken: string;
  tickets: Pick<Ticket, 'ticketId' | 'zoneId' | 'row' | 'column' | 'price'>[];
};

/** A purchase, or the confirmation of a hold. */
export type Purchase = {
  eventId: string;
  buyerId: string | undefined;
  wanted: Wanted;
  /** What was held, at which prices, where it is of a hold. */
  held?: PricedPlace[];
  outcome: Outcome<PromisedOrder>;
};

/** A hold that was promised. Times are in ms. */
export type Hold = {
  eventId: string;
  holdId: string;
  seats: PricedPlace[];
  heldFromMs: number;
  heldUntilMs: number;
  /** When its buyer first asked for its end, where they did. */
  releasedMs?: number;
  /** The order that it became. */
  orderId?: string;
};

type Cancellation = { orderId: string; ticketIds: string[]; outcome: Outcome<unknown> };

/** All that the buyers of a run saw. */
export type History = {
  purchases: Purchase[];
  holds: Hold[];
  cancellations: Cancellation[];
  /** What nobody may ever be told, in words: found when it was said. */
  surprises: string[];
  requests: number;
  /** Requests that got no answer, or a 503. */
  unanswered: number;
  refused: number;
  /** Answers that were asked for once more with their Idempotency-Key, and compared. */
  askedTwice: number;
};

export const newHistory = (): History => ({
  purchases: [],
  holds: [],
  cancellations: [],
  surprises: [],
  requests: 0,
  unanswered: 0,
  refused: 0,
  askedTwice: 0,
});
