import { randomUUID } from 'node:crypto';
import { type Provider, ProviderAway } from '../../services/checkout/providers/provider.ts';
import type { LocalPayments } from '../local/payments/payments.ts';

/** Makes every kind of request to Stripe that checkout can make. */
export async function useStripe(stripe: Provider, payments: LocalPayments): Promise<void> {
  const sinceMs = Date.now() - 60_000;
  const create = (checkoutId: string = randomUUID()) =>
    stripe.create({
      checkoutId,
      attempt: 1,
      amountMinor: 12_050,
      currency: 'EUR',
      description: 'Two tickets',
      email: 'ann@shop.example',
      returnUrl: 'http://localhost/return',
    });
  const refund = (ref: string) => stripe.refund({ refundId: randomUUID(), ref, amountMinor: 100, currency: 'EUR' });

  const { ref } = await create();
  payments.act(ref, 'succeed');
  await stripe.capture(ref);
  const refunded = await refund(ref);
  await stripe.retrieveRefund(refunded.ref);
  payments.act(ref, 'dispute');
  await stripe.retrieve(ref);
  await stripe.cancel((await create()).ref);
  await afterFault(payments, create);
  // A second page is asked for with other parameters than the first.
  for (let at = 0; at < 101; at++) await create();
  for (let at = 0; at < 101; at++) await refund(ref);
  for await (const _ of stripe.listPayments(sinceMs));
  for await (const _ of stripe.listRefunds(sinceMs));
  await refund(ref);
}

/** Stripe fails inside, says so again, and is asked whether it did it all the same. */
async function afterFault(payments: LocalPayments, create: (checkoutId: string) => Promise<unknown>): Promise<void> {
  payments.faults.add({ kind: 'error', provider: 'stripe', step: 'create', count: 1 });
  const checkoutId = randomUUID();
  await create(checkoutId).catch((error) => {
    if (!(error instanceof ProviderAway)) throw error;
  });
  await create(checkoutId);
}
