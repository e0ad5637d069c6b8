import type { AttemptState, ProviderName, RefundState } from '../../shared/stores/schema.ts';

/**
 * A payment as its provider knows it now. `ref`: the provider's id. Amounts are in minor units. `actionUrl`: where the buyer goes on, a page
 * of the provider; `clientSecret`: what the buyer's browser needs to go on in a page of ours. `declineCode`: why it failed.
 */
export type Payment = {
  ref: string;
  state: AttemptState;
  amountMinor: number;
  currency: string;
  capturedMinor: number;
  refundedMinor: number;
  actionUrl?: string;
  clientSecret?: string;
  declineCode?: string;
  /** The provider's word for the state of its dispute. */
  dispute?: string;
  /** What it was created for; absent if somebody else created it. */
  checkoutId?: string;
  attempt?: number;
};

/** `paymentRef`: the payment that it gives back a part of. */
export type ProviderRefund = {
  ref: string;
  paymentRef: string;
  amountMinor: number;
  currency: string;
  state: Extract<RefundState, 'pending' | 'done' | 'failed' | 'cancelled'>;
  /** The refund that asked for it; absent if it was made at the provider's dashboard. */
  refundId?: string;
};

/** `returnUrl`: where the provider sends the buyer's browser afterwards. */
export type NewPayment = {
  checkoutId: string;
  attempt: number;
  amountMinor: number;
  currency: string;
  description: string;
  email: string;
  returnUrl: string;
};

/** What a webhook is about. It is only a hint: the worker asks the provider for the truth. */
export type Notice = { eventId: string; type: string; paymentRef?: string; refundRef?: string };

/**
 * A payment provider, as the saga needs it. Every call that changes something is idempotent: the provider gets a key made from the payment
 * and the step, so a repeated call returns what the first one did. Each call rejects with a
 * - ProviderAway if the provider could not be asked, or did not say what it did: the outcome is unknown, and the call may be repeated;
 * - ProviderRefused if it understood the request and will never do it.
 * A declined card is neither: the payment's state is `failed`.
 */
export type Provider = {
  name: ProviderName;
  create(payment: NewPayment): Promise<Payment>;
  retrieve(ref: string): Promise<Payment>;
  /** Takes the money of an authorized payment; `captured` afterwards, or unchanged if it is not authorized (any more). */
  capture(ref: string): Promise<Payment>;
  /**
   * Makes sure that the payment takes no money any more: cancels it, or voids its authorization. Returns what the payment is then: `voided`
   * or `failed`; or `captured` if it is too late for that, and it must be refunded; or `processing` if the provider cannot say yet: ask again. With `unless: 'authorized'`, an authorized payment is
   * left alone and returned as such: the buyer has paid in the last moment.
   */
  cancel(ref: string, options?: { unless?: 'authorized' }): Promise<Payment>;
  refund(refund: { refundId: string; ref: string; amountMinor: number; currency: string }): Promise<ProviderRefund>;
  retrieveRefund(ref: string): Promise<ProviderRefund>;
  /** Everything that changed or was created since then, for the reconciler, oldest first or not. */
  listPayments(sinceMs: number): AsyncIterable<Payment>;
  listRefunds(sinceMs: number): AsyncIterable<ProviderRefund>;
  /** Reads a webhook; undefined if it is about nothing of ours. Throws a WebhookForged if its signature is wrong or too old. */
  readWebhook(rawBody: Buffer, headers: Record<string, string | string[] | undefined>): Promise<Notice | undefined>;
};

/** The provider could not be asked, or it is unknown what it did. The call may be repeated. */
export class ProviderAway extends Error {
  override readonly name = 'ProviderAway';
}

/** The provider will never do this. `code`: its word for why. */
export class ProviderRefused extends Error {
  override readonly name = 'ProviderRefused';
  readonly code: string;
  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

/** A webhook without a valid signature. */
export class WebhookForged extends Error {
  override readonly name = 'WebhookForged';
}
