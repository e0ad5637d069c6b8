import { askService, codeIn } from '../../shared/http/ask-service.ts';
import { UnavailableError } from '../../shared/http/problems.ts';
import type { createServiceTokens } from '../../shared/identity/service-tokens.ts';
import type { PaidBy } from '../../shared/stores/schema.ts';

/** The rest of it was refunded before, which has cancelled its tickets or is about to; or it cannot be refunded yet. */
const leftAsIs = ['NOTHING_TO_REFUND', 'PAYMENT_PENDING'];

/** `key`: the same for each try to cancel this order in the same job. */
export type OrderToCancel = {
  eventId: string;
  orderId: string;
  paidBy?: PaidBy | undefined;
  seats: 'free' | 'blocked';
  key: string;
};

/**
 * Cancels an order, whoever bought it, and gives back what was paid through checkout. An order that was cancelled before, or that is unknown,
 * stays so. One that is still being paid, or that nobody has paid, is left as it is: its seats stay sold.
 */
export type CancelOrder = (order: OrderToCancel) => Promise<void>;

/**
 * Cancels orders by the purchase service's API, whose script keeps counts, seats and the outbox together; or, if they were paid through
 * checkout, has the checkout service refund them, which cancels them too. Throws an UnavailableError if the service cannot be reached, or
 * asks to come back later.
 */
export function createCancelOrder({
  purchaseUrl,
  checkoutUrl,
  tokens,
}: {
  purchaseUrl: string;
  /** '': there is no checkout service. */
  checkoutUrl: string;
  tokens: Pick<ReturnType<typeof createServiceTokens>, 'for'>;
}): CancelOrder {
  return async (order) => (order.paidBy === 'checkout' ? await refund(order) : await cancel(order));

  async function cancel({ eventId, orderId, seats }: OrderToCancel): Promise<void> {
    const headers = { authorization: `Bearer ${await tokens.for('purchase')}` };
    const url = `${purchaseUrl}/purchase/api/v1/orders/${orderId}/cancel`;
    const { isOk, status, body } = await askService('purchase', url, { headers, body: { eventId, seats } });
    if (isOk || (status === 404 && codeIn(body) === 'ORDER_NOT_FOUND')) return;
    throw new Error(`purchase replied ${status} ${codeIn(body)} to the cancellation of ${orderId}`);
  }

  async function refund({ orderId, seats, key }: OrderToCancel): Promise<void> {
    if (checkoutUrl === '') {
      throw new UnavailableError('SERVICE_UNAVAILABLE', 'orders were paid through checkout, but CHECKOUT_URL is not set');
    }
    const headers = { authorization: `Bearer ${await tokens.for('checkout')}`, 'idempotency-key': `"${key}"` };
    const url = `${checkoutUrl}/checkout/api/v1/orders/${orderId}/refunds`;
    const { isOk, status, body } = await askService('checkout', url, {
      headers,
      body: { seats, reason: 'The event is cancelled' },
    });
    const code = codeIn(body);
    const isLeft = (status === 409 && leftAsIs.includes(code)) || (status === 404 && code === 'ORDER_NOT_FOUND');
    if (isOk || isLeft) return;
    throw new Error(`checkout replied ${status} ${code} to the refund of ${orderId}`);
  }
}
