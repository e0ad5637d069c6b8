import type { Ticket } from '../../services/shared/terms/ticket.ts';

/** The final answer to a buyer's request: yes with its content, no with a code, or unknown. */
export type Outcome<Told> = { kind: 'yes'; told: Told } | { kind: 'no'; code: string } | { kind: 'unknown' };

/** Row and column as in the API: null in general admission. */
export type Place = Pick<Ticket, 'zoneId' | 'row' | 'column'>;
export type PricedPlace = Place & Pick<Ticket, 'price'>;

/** Chosen seats, or a quantity in a zone. */
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
  /** The places and prices of the hold, if this confirms one. */
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
  /** When its buyer first asked to release it, if ever. */
  releasedMs?: number;
  /** The order that it became. */
  orderId?: string;
};

/** A checkout, as far as a buyer needs to see it. */
export type ToldCheckout = {
  checkoutId: string;
  status: string;
  amount?: string;
  tickets: (PricedPlace & Pick<Ticket, 'ticketId'>)[];
  payment?: { provider: string; attempt: number; status: string; payUrl?: string; clientSecret?: string };
  order?: { orderId: string; orderToken?: string };
};

/** A hold that its buyer pays, or does not. `toldPaid`: the buyer was told that it is paid. */
export type Payment = {
  eventId: string;
  buyerId: string;
  holdId: string;
  seats: PricedPlace[];
  heldFromMs: number;
  checkoutId: string;
  token: string;
  toldPaid?: true;
};

type Cancellation = { orderId: string; ticketIds: string[]; outcome: Outcome<unknown> };

/** All that the buyers of a run saw. */
export type History = {
  purchases: Purchase[];
  holds: Hold[];
  cancellations: Cancellation[];
  payments: Payment[];
  /** Answers that must never be given, in words, recorded as they came. */
  surprises: string[];
  requests: number;
  /** Requests that got no answer, or a 503. */
  unanswered: number;
  refused: number;
  /** Requests sent again with the same Idempotency-Key, to compare the answers. */
  askedTwice: number;
};

export const newHistory = (): History => ({
  purchases: [],
  holds: [],
  cancellations: [],
  payments: [],
  surprises: [],
  requests: 0,
  unanswered: 0,
  refused: 0,
  askedTwice: 0,
});
