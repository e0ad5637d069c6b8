import { randomUUID } from 'node:crypto';
import Stripe from 'stripe';
import { type Notice, type Payment, type Provider, ProviderAway, ProviderRefused, WebhookForged } from './provider.ts';
import { isReplayedFault, translate } from './stripe-errors.ts';
import { chargeOf, expand, idOf, paymentOf, refundOf, toStripe } from './stripe-payment.ts';

/** A webhook that was signed longer ago is not accepted. Stripe signs each of its retries anew. */
const toleranceSeconds = 300;
/** For a whole request. Half of it is already more than Stripe takes in its slowest percent. */
const defaultTimeoutMs = 10_000;
/** How often a step is tried under another key after Stripe has failed inside. */
const mostKeys = 3;
/** Of a payment that was created with a fault, how far back to look. */
const lookBackSeconds = 3_600;

/**
 * Stripe, by Payment Intents. Cards are only authorized, and captured later; a method that cannot wait takes the money at once, so its payment
 * is `captured` without ever being `authorized`. `url`: https://api.stripe.com, or a stand-in.
 */
export function createStripe({
  secretKey,
  webhookSecret,
  url,
  timeoutMs = defaultTimeoutMs,
  clock = Date.now,
}: {
  secretKey: string;
  webhookSecret: string;
  url: string;
  timeoutMs?: number;
  clock?: () => number;
}): Provider {
  const { hostname, port, protocol } = new URL(url);
  const stripe = new Stripe(secretKey, {
    host: hostname,
    port: port || (protocol === 'http:' ? '80' : '443'),
    protocol: protocol === 'http:' ? 'http' : 'https',
    timeout: timeoutMs,
    // The breaker's retries, which know when to stop.
    maxNetworkRetries: 0,
    telemetry: false,
    // Its timeout is for the whole request, not between two packets.
    httpClient: Stripe.createFetchHttpClient(),
  });

  return {
    name: 'stripe',

    async create({ checkoutId, attempt, amountMinor, currency, description, email, returnUrl }) {
      const created = await once(
        'create',
        `${checkoutId}-${attempt}-create`,
        (options) =>
          stripe.paymentIntents.create(
            {
              amount: toStripe(amountMinor, currency),
              currency: currency.toLowerCase(),
              automatic_payment_methods: { enabled: true },
              payment_method_options: { card: { capture_method: 'manual' }, link: { capture_method: 'manual' } },
              description,
              receipt_email: email,
              metadata: { checkoutId, attempt: String(attempt) },
              expand,
            },
            options,
          ),
        () => findCreated(checkoutId, attempt),
      );
      const payment = paymentOf(created);
      // A stand-in has a page to pay at, where Stripe has code for ours; Stripe never says so of a new payment.
      const actionUrl = payment.actionUrl && `${payment.actionUrl}?${new URLSearchParams({ return_url: returnUrl })}`;
      return { ...payment, ...(actionUrl && { actionUrl }) };
    },

    retrieve,

    capture: (ref) =>
      change('capture', ref, ['authorized'], (options) => stripe.paymentIntents.capture(ref, { expand }, options)),

    async cancel(ref, { unless } = {}) {
      const payment = await retrieve(ref);
      // A failed payment is not dead: the buyer could still pay with another card.
      if (payment.state === 'captured' || payment.state === 'voided' || payment.state === unless) return payment;
      return await change('cancel', ref, ['created', 'requires_action', 'authorized', 'failed'], (options) =>
        stripe.paymentIntents.cancel(ref, { cancellation_reason: 'abandoned', expand }, options),
      );
    },

    async refund({ refundId, ref, amountMinor, currency }) {
      // Stripe forgets keys after a day, but this may be repeated much later.
      const find = async () => {
        for await (const refund of stripe.refunds.list({ payment_intent: ref, limit: 100 }))
          if (refund.metadata?.refundId === refundId) return refund;
        return undefined;
      };
      const amount = toStripe(amountMinor, currency);
      const known = await ask('refund', find);
      const refund =
        known ??
        (await once(
          'refund',
          `${refundId}-refund`,
          (options) => stripe.refunds.create({ payment_intent: ref, amount, metadata: { refundId } }, options),
          find,
        ));
      return toRefund(refund);
    },

    retrieveRefund: async (ref) => toRefund(await ask('retrieve-refund', () => stripe.refunds.retrieve(ref))),

    /** Those created since then, and older ones that something happened to, as far as Stripe keeps events: 30 days. */
    async *listPayments(sinceMs) {
      const created = { gte: Math.floor(sinceMs / 1_000) };
      const seen = new Set<string>();
      const newer = stripe.paymentIntents.list({ created, limit: 100, expand: expand.map((field) => `data.${field}`) });
      for await (const intent of translated('list', newer)) {
        seen.add(intent.id);
        yield await withDispute(intent);
      }
      for await (const event of translated('list', stripe.events.list({ created, types: paymentEvents, limit: 100 }))) {
        const ref = noticeOf(event)?.paymentRef;
        if (ref === undefined || seen.has(ref)) continue;
        seen.add(ref);
        yield await retrieve(ref);
      }
    },

    async *listRefunds(sinceMs) {
      const created = { gte: Math.floor(sinceMs / 1_000) };
      const seen = new Set<string>();
      for await (const refund of translated('list-refunds', stripe.refunds.list({ created, limit: 100 }))) {
        seen.add(refund.id);
        const known = refundOf(refund);
        if (known) yield known;
      }
      for await (const event of translated('list-refunds', stripe.events.list({ created, types: refundEvents, limit: 100 }))) {
        const ref = noticeOf(event)?.refundRef;
        if (ref === undefined || seen.has(ref)) continue;
        seen.add(ref);
        const known = refundOf(await ask('retrieve-refund', () => stripe.refunds.retrieve(ref)));
        if (known) yield known;
      }
    },

    async readWebhook(rawBody, headers) {
      const signature = headers['stripe-signature'];
      if (typeof signature !== 'string') throw new WebhookForged('Stripe: no signature');
      let event: Stripe.Event;
      try {
        event = stripe.webhooks.constructEvent(rawBody, signature, webhookSecret, toleranceSeconds, undefined, clock());
      } catch {
        throw new WebhookForged('Stripe: the signature is wrong or too old');
      }
      return noticeOf(event);
    },
  };

  async function retrieve(ref: string): Promise<Payment> {
    return await withDispute(await ask('retrieve', () => stripe.paymentIntents.retrieve(ref, { expand })));
  }

  async function withDispute(intent: Stripe.PaymentIntent): Promise<Payment> {
    if (!chargeOf(intent)?.disputed) return paymentOf(intent);
    // Newest first.
    const { data } = await ask('list-disputes', () => stripe.disputes.list({ payment_intent: intent.id, limit: 1 }));
    return { ...paymentOf(intent), ...(data[0] && { dispute: data[0].status }) };
  }

  /**
   * Changes a payment that is in one of the states `from`. If it is not, or Stripe refuses because it no longer is, returns it as it is. Such a
   * change is idempotent by itself; under a lasting key, Stripe would repeat for a day what it refused while the payment was in another state.
   */
  async function change(
    step: string,
    ref: string,
    from: Payment['state'][],
    send: (options: Stripe.RequestOptions) => Promise<Stripe.PaymentIntent>,
  ): Promise<Payment> {
    const look = async () => {
      const payment = await retrieve(ref);
      return from.includes(payment.state) ? undefined : payment;
    };
    try {
      const key = `${ref}-${step}-${randomUUID()}`;
      const changed = await once<Stripe.PaymentIntent | Payment>(step, key, send, look);
      return 'object' in changed ? await withDispute(changed) : changed;
    } catch (error) {
      const payment = error instanceof ProviderRefused ? await look() : undefined;
      if (payment) return payment;
      throw error;
    }
  }

  /** The payment of an attempt whose creation failed inside of Stripe, if there is one. */
  async function findCreated(checkoutId: string, attempt: number): Promise<Stripe.PaymentIntent | undefined> {
    const created = { gte: Math.floor(clock() / 1_000) - lookBackSeconds };
    for await (const intent of stripe.paymentIntents.list({ created, limit: 100 }))
      if (intent.metadata.checkoutId === checkoutId && intent.metadata.attempt === String(attempt)) return intent;
    return undefined;
  }
}

/**
 * Sends a request under an idempotency key. If Stripe says only that the first one failed inside of it, `look` finds out whether that had its
 * effect; if it had none, the request goes out under another key.
 */
async function once<T>(
  step: string,
  key: string,
  send: (options: Stripe.RequestOptions) => Promise<T>,
  look: () => Promise<T | undefined>,
): Promise<T> {
  for (let round = 1; round <= mostKeys; round++) {
    try {
      return await send({ idempotencyKey: round === 1 ? key : `${key}-${round}` });
    } catch (error) {
      if (!isReplayedFault(error)) throw translate(error, step);
    }
    const found = await ask(step, look);
    if (found !== undefined) return found;
  }
  throw new ProviderAway(`Stripe: ${step}: it failed inside of Stripe ${mostKeys} times`);
}

async function ask<T>(step: string, send: () => Promise<T>): Promise<T> {
  try {
    return await send();
  } catch (error) {
    throw translate(error, step);
  }
}

async function* translated<T>(step: string, list: AsyncIterable<T>): AsyncIterable<T> {
  try {
    yield* list;
  } catch (error) {
    throw translate(error, step);
  }
}

function toRefund(refund: Stripe.Refund) {
  const known = refundOf(refund);
  if (!known) throw new ProviderRefused('no_payment_intent', 'Stripe: the refund is not of a payment intent');
  return known;
}

const paymentEvents = [
  'payment_intent.created',
  'payment_intent.requires_action',
  'payment_intent.processing',
  'payment_intent.amount_capturable_updated',
  'payment_intent.succeeded',
  'payment_intent.payment_failed',
  'payment_intent.canceled',
  'charge.dispute.created',
  'charge.dispute.updated',
  'charge.dispute.closed',
];
/** Not `charge.refunded`, whose amount is that of all refunds of the charge. */
const refundEvents = ['refund.created', 'refund.updated', 'refund.failed'];

function noticeOf({ id: eventId, type, data: { object } }: Stripe.Event): Notice | undefined {
  switch (object.object) {
    case 'payment_intent':
      // That it was created is no news: we did it. And one without our metadata is of somebody else who uses the same account.
      if (type === 'payment_intent.created' || !object.metadata.checkoutId) return undefined;
      return { eventId, type, paymentRef: object.id };
    case 'refund':
      return object.payment_intent ? { eventId, type, refundRef: object.id, paymentRef: idOf(object.payment_intent) } : undefined;
    case 'dispute':
      return object.payment_intent ? { eventId, type, paymentRef: idOf(object.payment_intent) } : undefined;
    default:
      return undefined;
  }
}
