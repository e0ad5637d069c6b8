import { type AskPaypal, createPaypalClient } from './paypal-client.ts';
import {
  amountOf,
  authorizationsOf,
  capturesOf,
  customIdOf,
  isMarked,
  isTaken,
  markedIdOf,
  type PaypalCapture,
  type PaypalOrder,
  type PaypalRefund,
  paymentOf,
  refundOf,
  refundsOf,
} from './paypal-payment.ts';
import { noticeOf, readDelivery } from './paypal-webhook.ts';
import { type Payment, type Provider, ProviderAway, ProviderRefused, WebhookForged } from './provider.ts';

const defaultTimeoutMs = 10_000;
/** How often to look again at an order that changes while it is being cancelled. */
const mostRounds = 3;
/** PayPal lists transactions of at most 31 days at a time. */
const listMs = 30 * 24 * 3_600_000;
/** PayPal takes up to three hours to list a transaction. */
const listDelayMs = 3 * 3_600_000;

/**
 * PayPal, by its Orders API (v2). The buyer approves an order at PayPal; it is authorized when it is retrieved after that, and captured later.
 *
 * PayPal cannot cancel an order that is not authorized. So cancel() leaves a mark on it, and an order with the mark is never authorized: if that
 * happened at the same moment, the authorization is voided by whichever of both looks last, or by the next retrieve().
 *
 * `url`: https://api-m.paypal.com, its sandbox, or a stand-in.
 */
export function createPaypal({
  clientId,
  clientSecret,
  webhookId,
  url,
  timeoutMs = defaultTimeoutMs,
  clock = Date.now,
}: {
  clientId: string;
  clientSecret: string;
  webhookId: string;
  url: string;
  timeoutMs?: number;
  clock?: () => number;
}): Provider {
  const ask: AskPaypal = createPaypalClient({ clientId, clientSecret, url, timeoutMs, clock });
  const post = <T>(step: string, path: string, requestId: string, body: object = {}) =>
    ask<T>(step, 'POST', path, { requestId, body: JSON.stringify(body) });
  const read = (ref: string) => ask<PaypalOrder>('retrieve', 'GET', `/v2/checkout/orders/${encodeURIComponent(ref)}`);

  return {
    name: 'paypal',

    async create({ checkoutId, attempt, amountMinor, currency, description, email, returnUrl }) {
      const unit = {
        custom_id: customIdOf(checkoutId, attempt),
        description: description.slice(0, 127),
        amount: amountOf(amountMinor, currency),
      };
      const experience_context = {
        return_url: returnUrl,
        cancel_url: returnUrl,
        user_action: 'PAY_NOW',
        shipping_preference: 'NO_SHIPPING',
      };
      const order = {
        intent: 'AUTHORIZE',
        purchase_units: [unit],
        payment_source: { paypal: { email_address: email, experience_context } },
      };
      return paymentOf(await post<PaypalOrder>('create', '/v2/checkout/orders', `${checkoutId}-${attempt}-create`, order));
    },

    retrieve,

    async capture(ref) {
      const order = await read(ref);
      if (paymentOf(order).state !== 'authorized' || isMarked(order)) return await retrieve(ref);
      const [authorization] = liveAuthorizations(order);
      const path = `/v2/payments/authorizations/${authorization?.id}/capture`;
      try {
        await post('capture', path, `${authorization?.id}-capture`, { final_capture: true });
      } catch (error) {
        if (!(error instanceof ProviderRefused)) throw error;
        const payment = paymentOf(await read(ref));
        if (payment.state === 'authorized') throw error;
        return payment;
      }
      return paymentOf(await read(ref));
    },

    async cancel(ref, { unless } = {}) {
      for (let round = 1; round <= mostRounds; round++) {
        const order = await read(ref);
        const isLeft = unless === 'authorized' && !isMarked(order);
        const payment = isLeft && order.status === 'APPROVED' ? await authorize(order) : paymentOf(order);
        if (payment.state === 'captured' || payment.state === 'voided') return payment;
        if (isLeft && payment.state === 'authorized') return payment;
        const cancelled = await tryCancel(order);
        if (cancelled) return cancelled;
      }
      throw new ProviderAway('PayPal: cancel: the order changes all the time');
    },

    async refund({ refundId, ref, amountMinor, currency }) {
      const order = await read(ref);
      // PayPal forgets request ids after hours, but this may be repeated much later.
      const known = refundsOf(order).find(({ custom_id }) => custom_id === refundId);
      if (known) return refundOf(known, ref);
      const capture = capturesOf(order).find(isTaken);
      if (!capture) throw new ProviderRefused('NOT_CAPTURED', 'PayPal: refund: nothing was captured');
      const body = { amount: amountOf(amountMinor, currency), custom_id: refundId };
      const path = `/v2/payments/captures/${capture.id}/refund`;
      return refundOf(await post<PaypalRefund>('refund', path, `${refundId}-refund`, body), ref);
    },

    retrieveRefund,

    /** Those that PayPal lists (up to three hours late), and so none that was never authorized. */
    async *listPayments(sinceMs) {
      const seen = new Set<string>();
      for await (const { id, kind } of transactions(sinceMs)) {
        if (kind === 'refund') continue;
        const ref = await orderOf(kind, id);
        if (ref === undefined || seen.has(ref)) continue;
        seen.add(ref);
        yield await retrieve(ref);
      }
    },

    async *listRefunds(sinceMs) {
      for await (const { id, kind } of transactions(sinceMs)) if (kind === 'refund') yield await retrieveRefund(id);
    },

    async readWebhook(rawBody, headers) {
      const delivery = readDelivery(rawBody, headers, { webhookId, url });
      const path = '/v1/notifications/verify-webhook-signature';
      const { verification_status } = await ask<{ verification_status: string }>('verify', 'POST', path, {
        body: delivery.question,
      }).catch((error) => {
        // PayPal does not understand such a signature, so it is not PayPal's.
        throw error instanceof ProviderRefused ? new WebhookForged('PayPal: the signature is malformed') : error;
      });
      if (verification_status !== 'SUCCESS') throw new WebhookForged('PayPal: the signature is wrong');
      return await noticeOf(delivery.event, (captureId) => orderOf('capture', captureId));
    },
  };

  async function retrieve(ref: string): Promise<Payment> {
    const order = await read(ref);
    if (order.status === 'APPROVED' && !isMarked(order)) return await authorize(order);
    return await withDispute(await voidIfMarked(order));
  }

  /** Authorizes an order that the buyer has approved. One that PayPal refuses to authorize has failed. */
  async function authorize(order: PaypalOrder): Promise<Payment> {
    const path = `/v2/checkout/orders/${encodeURIComponent(order.id)}/authorize`;
    let declineCode: string | undefined;
    try {
      await post('authorize', path, `${order.id}-authorize`);
    } catch (error) {
      if (!(error instanceof ProviderRefused)) throw error;
      declineCode = error.code;
    }
    // Also if somebody else was faster, with the authorization or with cancelling.
    const now = await voidIfMarked(await read(order.id));
    const payment = paymentOf(now);
    const isDeclined = now.status === 'APPROVED' && !isMarked(now);
    if (!isDeclined || declineCode === 'PAYER_ACTION_REQUIRED') return payment;
    return { ...payment, state: 'failed', declineCode: declineCode ?? 'declined' };
  }

  /** Leaves no authorization on an order that was cancelled. */
  async function voidIfMarked(order: PaypalOrder): Promise<PaypalOrder> {
    if (!isMarked(order) || liveAuthorizations(order).length === 0) return order;
    await voidAuthorizations(order);
    return await read(order.id);
  }

  /** Voids the authorization of an order, or marks an order without one. Returns undefined if the order has changed meanwhile. */
  async function tryCancel(order: PaypalOrder): Promise<Payment | undefined> {
    const payment = paymentOf(order);
    const hasLive = liveAuthorizations(order).length > 0;
    // The money is on its way to us, or the order is over.
    if (capturesOf(order).some(({ status }) => status === 'PENDING') || (payment.state === 'failed' && !hasLive)) return payment;
    try {
      if (hasLive) await voidAuthorizations(order);
      else await mark(order);
    } catch (error) {
      if (!(error instanceof ProviderRefused)) throw error;
    }
    const now = await voidIfMarked(await read(order.id));
    const isSettled = isMarked(now) || authorizationsOf(now).length > 0;
    return isSettled && paymentOf(now).state !== 'authorized' ? paymentOf(now) : undefined;
  }

  async function mark(order: PaypalOrder): Promise<void> {
    const value = markedIdOf(order);
    const body = JSON.stringify([{ op: 'replace', path: "/purchase_units/@reference_id=='default'/custom_id", value }]);
    await ask('mark', 'PATCH', `/v2/checkout/orders/${encodeURIComponent(order.id)}`, { body });
  }

  async function voidAuthorizations(order: PaypalOrder): Promise<void> {
    for (const { id } of liveAuthorizations(order))
      await post('cancel', `/v2/payments/authorizations/${id}/void`, `${id}-cancel`).catch((error) => {
        // It is voided, expired or captured already; who reads the order again sees which.
        if (!(error instanceof ProviderRefused)) throw error;
      });
  }

  async function withDispute(order: PaypalOrder): Promise<Payment> {
    const payment = paymentOf(order);
    const capture = capturesOf(order).find(isTaken);
    if (!capture) return payment;
    const path = `/v1/customer/disputes?disputed_transaction_id=${capture.id}`;
    // The payment matters more than its dispute, which the application may not even be allowed to read.
    const { items = [] } = await ask<{ items?: { status: string }[] }>('list-disputes', 'GET', path).catch(() => ({ items: [] }));
    const [dispute] = items;
    return { ...payment, ...(dispute && { dispute: dispute.status }) };
  }

  async function retrieveRefund(ref: string) {
    const refund = await ask<PaypalRefund>('retrieve-refund', 'GET', `/v2/payments/refunds/${encodeURIComponent(ref)}`);
    const capture = refund.links
      ?.find(({ rel }) => rel === 'up')
      ?.href.split('/')
      .at(-1);
    const order = capture && (await orderOf('capture', capture));
    if (!order) throw new ProviderRefused('NO_ORDER', 'PayPal: the refund is not of an order');
    return refundOf(refund, order);
  }

  async function orderOf(kind: 'authorization' | 'capture', id: string): Promise<string | undefined> {
    const resource = await ask<PaypalCapture>(`retrieve-${kind}`, 'GET', `/v2/payments/${kind}s/${encodeURIComponent(id)}`);
    return resource.supplementary_data?.related_ids?.order_id;
  }

  async function* transactions(sinceMs: number): AsyncIterable<{ id: string; kind: Kind }> {
    for (let fromMs = sinceMs - listDelayMs; fromMs < clock(); fromMs += listMs) {
      let pages = 1;
      for (let page = 1; page <= pages; page++) {
        const query = new URLSearchParams({
          start_date: new Date(fromMs).toISOString(),
          end_date: new Date(Math.min(fromMs + listMs, clock())).toISOString(),
          fields: 'transaction_info',
          // Authorizations move no money yet.
          balance_affecting_records_only: 'N',
          page_size: '100',
          page: String(page),
        });
        const listed = await ask<Transactions>('list', 'GET', `/v1/reporting/transactions?${query}`);
        pages = listed.total_pages ?? 1;
        for (const { transaction_info: info } of listed.transaction_details ?? []) {
          const kind = kinds[info.transaction_event_code ?? ''];
          if (kind) yield { id: info.transaction_id, kind };
        }
      }
    }
  }
}

type Kind = 'authorization' | 'capture' | 'refund';
type Transactions = {
  transaction_details?: { transaction_info: { transaction_id: string; transaction_event_code?: string } }[];
  total_pages?: number;
};

/** PayPal's event codes of transactions. */
const kinds: Partial<Record<string, Kind>> = { T1300: 'authorization', T0006: 'capture', T1107: 'refund' };

const alive = ['CREATED', 'PENDING'];
const liveAuthorizations = (order: PaypalOrder) => authorizationsOf(order).filter(({ status }) => alive.includes(status));
