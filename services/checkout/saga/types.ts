import type { CheckoutEvent } from '../../shared/events/checkout-events.ts';
import type { Principal } from '../../shared/identity/principal.ts';
import type { TicketInRedis } from '../../shared/inventory/order.ts';
import type { Database } from '../../shared/stores/database.ts';
import type { AttemptState, CheckoutState, ProviderName, RefundState } from '../../shared/stores/schema.ts';
import type { Logger } from '../../shared/telemetry/logger.ts';
import type { Provider } from '../providers/provider.ts';
import type { PurchaseClient } from '../purchase-client.ts';

/**
 * `payMs`: how long the buyer has. `graceMs`: how much longer the hold is kept, so that the payment can be cancelled before its seats are
 * freed. `patienceMs`: how long after the buyer's time it is kept at most, while the provider cannot be reached. `stepMs`: when another
 * process may go on with a step that was begun.
 */
export type SagaTimes = { payMs: number; graceMs: number; patienceMs: number; stepMs: number };

export const defaultTimes: SagaTimes = { payMs: 15 * 60_000, graceMs: 2 * 60_000, patienceMs: 30 * 60_000, stepMs: 30_000 };

/**
 * What the saga and the refunds need. `clock`: the time in milliseconds. `providers`: those that are offered. `returnUrlOf`: where a provider
 * sends the buyer's browser, a page of checkout that settles it.
 */
export type SagaDependencies = {
  db: Database;
  purchase: PurchaseClient;
  providers: ReadonlyMap<ProviderName, Provider>;
  returnUrlOf: (checkoutId: string) => string;
  clock: () => number;
  logger: Logger;
  times?: SagaTimes;
};

/** A ticket that a checkout pays, as purchase holds it. */
export type PaidTicket = Pick<
  TicketInRedis,
  | 'ticketId'
  | 'zoneId'
  | 'row'
  | 'column'
  | 'category'
  | 'ticketType'
  | 'priceMinor'
  | 'currency'
  | 'promotion'
  | 'fullPriceMinor'
>;

/**
 * A checkout. `orderId`, `amountMinor` and `tickets` are unknown until purchase has answered; `orderId` is an order only once the state is
 * `capturing` or `paid`. `reason`: a code, why it ended or ends. `clientSecret` is not stored: `open`, `pay` and `settle` return it
 * if the provider answered, and `read` never does.
 */
export type CheckoutView = {
  checkoutId: string;
  state: CheckoutState;
  reason?: string;
  eventId: string;
  /** '' until purchase has answered. */
  organiserId: string;
  holdId: string;
  orderId?: string;
  buyerId?: string;
  email: string;
  amountMinor?: number;
  currency?: string;
  tickets: PaidTicket[];
  returnUrl?: string;
  createdOn: Date;
  payBy: Date;
  endedOn?: Date;
  attempt?: {
    number: number;
    provider: ProviderName;
    state: AttemptState;
    actionUrl?: string;
    clientSecret?: string;
    declineCode?: string;
  };
};

/** `returnUrl`: where the buyer's browser goes afterwards. `takesEqual`: the buyer takes equal seats if these are lost. */
export type CheckoutWish = {
  holdId: string;
  email: string;
  provider: ProviderName;
  takesEqual: boolean;
  returnUrl?: string;
  principal: Principal;
  traceparent?: string;
};

/** Why a hold cannot be paid. */
export const openRefusals = [
  'PROVIDER_NOT_OFFERED',
  'EVENT_NOT_FOUND',
  'HOLD_NOT_FOUND',
  'HOLD_EXPIRED',
  'HOLD_CONFIRMED',
  'HOLD_BEING_PAID',
  'SALE_PAUSED',
  'SALE_CLOSED',
] as const;

export type OpenRefusal = (typeof openRefusals)[number];

/** `isNew`: this call began it. */
type Opened = { checkout: CheckoutView; isNew: boolean } | { refused: OpenRefusal };

/** `PAYMENT_PENDING`: the last attempt may still succeed, or its provider cannot be asked. */
type PayRefusal = 'PAYMENT_PENDING' | 'CHECKOUT_ENDED' | 'PROVIDER_NOT_OFFERED';

/** The saga's API (checkouts.ts). A method that must know the truth throws an UnavailableError if a store or purchase is away. */
export type Checkouts = {
  /** Begins to pay a hold, as far as this goes without the buyer. Idempotent per hold: a second call returns the same checkout. */
  open(wish: CheckoutWish): Promise<Opened>;
  read(checkoutId: string): Promise<CheckoutView | undefined>;
  /** Begins another attempt, perhaps with another provider: only once the last one is proven dead. undefined: no such checkout. */
  pay(
    checkoutId: string,
    wish: { provider?: ProviderName },
  ): Promise<{ checkout: CheckoutView } | { refused: PayRefusal } | undefined>;
  /** The buyer gives up. Cancelling again changes nothing. undefined: no such checkout. */
  cancel(checkoutId: string): Promise<{ checkout: CheckoutView } | { refused: 'CHECKOUT_ENDED' } | undefined>;
  /**
   * The one way in for news of a payment: asks the provider for the truth, and goes on with it. If the provider is away, returns what is
   * known. undefined: no such checkout.
   */
  settle(checkoutId: string): Promise<CheckoutView | undefined>;
  /** The same, by the provider's id of a payment, but throws a ProviderAway if the provider is away. undefined: no payment of ours. */
  settlePayment(provider: ProviderName, paymentRef: string): Promise<CheckoutView | undefined>;
  /** Goes on with one checkout that is due, and that no other process works on. Returns whether there was one. */
  sweepOne(): Promise<boolean>;
};

/** A refund. `orderId`: absent for a payment that bought nothing. `ticketIds`: absent for the whole order; [] for none. */
export type RefundView = {
  refundId: string;
  state: RefundState;
  checkoutId: string;
  orderId?: string;
  eventId: string;
  organiserId: string;
  provider: ProviderName;
  amountMinor: number;
  currency: string;
  ticketIds?: string[];
  seats: 'free' | 'blocked';
  reason: string;
  principal: string;
  createdOn: Date;
  endedOn?: Date;
};

/**
 * What to refund: the whole order; or, with `ticketIds`, these tickets; or, with `amountMinor`, an amount without any ticket. `seats`: what
 * becomes of the cancelled tickets' seats. `requestKey`: the same for a repeated request.
 */
export type RefundWish = {
  orderId: string;
  ticketIds?: string[];
  amountMinor?: number;
  seats: 'free' | 'blocked';
  reason: string;
  principal: string;
  requestKey: string;
};

/** `leftMinor`: how much of what was paid can still be refunded. */
export type RefundRefusal =
  | { refused: 'ORDER_NOT_FOUND' | 'PAYMENT_PENDING' | 'TICKET_NOT_FOUND' | 'TICKET_REFUNDED' | 'IDEMPOTENCY_KEY_REUSED' }
  | { refused: 'REFUND_TOO_MUCH' | 'NOTHING_TO_REFUND'; leftMinor: number; currency: string };

/** The API of refunds (refunds/refunds.ts). */
export type Refunds = {
  /** Cancels the tickets, and then gives the money back, as far as this goes. Idempotent per order and `requestKey`. */
  request(wish: RefundWish): Promise<{ refund: RefundView; isNew: boolean } | RefundRefusal>;
  /** Of whom an order was bought, if it was paid through checkout: to decide who may refund it. */
  organiserOf(orderId: string): Promise<string | undefined>;
  /** An order's refunds, oldest first. */
  listOfOrder(orderId: string): Promise<RefundView[]>;
  /**
   * News of a refund, by the provider's id: asks the provider for the truth. One that was made at the provider's dashboard is adopted, as
   * `external`. undefined: its payment is none of ours. Throws a ProviderAway if the provider cannot be asked.
   */
  settleRefund(provider: ProviderName, refundRef: string): Promise<RefundView | undefined>;
  /** Goes on with one refund that is due, and that no other process works on. Returns whether there was one. */
  sweepOne(): Promise<boolean>;
};

/** The domain events that the saga and the refunds write into `checkout_outbox`, in the transaction of the transition. */
export type CheckoutEventType = CheckoutEvent['type'];

/**
 * Their data: no address and no secret; who sends a mail reads the address by the checkout's id. `amountMinor`: what was paid, was to be
 * paid, or is refunded. `tickets`: of the checkout; of a refund, those that it cancelled.
 */
export type CheckoutEventData = {
  checkoutId: string;
  eventId: string;
  orderId?: string;
  buyerId?: string;
  amountMinor: number;
  currency: string;
  provider: ProviderName;
  reason?: string;
  tickets: PaidTicket[];
  refundId?: string;
};
