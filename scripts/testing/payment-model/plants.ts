import { randomUUID } from 'node:crypto';
import type { Provider } from '../../../services/checkout/providers/provider.ts';
import type { PurchaseClient } from '../../../services/checkout/purchase-client.ts';
import type { Database } from '../../../services/shared/stores/database.ts';
import type { ProviderName } from '../../../services/shared/stores/schema.ts';

type World = { db: Database; providers: Record<ProviderName, Provider> };

/**
 * A bug that is planted. The saga stays as it is, but somebody whom it asks does something else, or its statements do: so it does what a saga
 * with the bug would. `breaks`: the rules by one of which it must be found.
 */
export type Plant = {
  bug: string;
  breaks: string[];
  purchase?: (right: PurchaseClient, world: World) => Partial<PurchaseClient>;
  provider?: (right: Provider) => Partial<Provider>;
  rewrite?: (sql: string) => string;
};

/** The bugs that the model must find, or its silence would prove nothing. */
export const plants: Plant[] = [
  {
    bug: 'the money is taken before the hold is confirmed',
    breaks: ['taken without seats'],
    purchase: (right, world) => ({
      async confirm(holdId, paying) {
        await capturePaymentOf(holdId, world);
        return await right.confirm(holdId, paying);
      },
    }),
  },
  {
    bug: 'the hold is not ended before its payment is voided',
    breaks: ['seats without payment', 'seats stay held'],
    purchase: () => ({ endPayment: async () => 'ended' }),
  },
  {
    bug: 'another attempt begins while the last one may still be paid',
    breaks: ['two payments at a time'],
    provider: (right) => ({
      cancel: async (ref, options) =>
        options?.unless === undefined
          ? await right.cancel(ref, options)
          : { ...(await right.retrieve(ref)), state: 'voided', capturedMinor: 0 },
    }),
  },
  {
    bug: 'the seats are freed without cancelling the payment at the provider',
    breaks: ['payment left open', 'payment without seats', 'charged twice', 'two payments at a time'],
    provider: (right) => ({
      cancel: async (ref) => ({ ...(await right.retrieve(ref)), state: 'voided', capturedMinor: 0 }),
    }),
  },
  {
    bug: 'a refund has a fresh idempotency key each time it is tried',
    breaks: ['refunds differ', 'refund refused'],
    provider: (right) => ({ refund: (refund) => right.refund({ ...refund, refundId: randomUUID() }) }),
  },
  {
    bug: 'refunds are not added up before another one',
    breaks: ['refund refused', 'money does not add up', 'refunds differ'],
    rewrite: (sql) =>
      sql.startsWith('select * from `refunds` where `checkout_id` = ?')
        ? sql.replace('*', "`refunds`.*, '0.0000' as `amount`")
        : sql,
  },
  {
    bug: 'a transition does not compare the version',
    breaks: ['told wrongly', 'seats without payment', 'payment without seats', 'taken without seats', 'paid without money'],
    rewrite: (sql) => (sql.startsWith('update `checkouts`') ? sql.replace('and `version` = ?', 'and `version` >= ?') : sql),
  },
  {
    bug: 'an order is paid once its payment is authorized',
    breaks: ['paid without money', 'payment left open'],
    provider: (right) => ({ capture: async (ref) => ({ ...(await right.retrieve(ref)), state: 'captured' }) }),
  },
  {
    bug: 'the order stays if its money cannot be taken',
    breaks: ['seats without payment', 'money does not add up'],
    purchase: () => ({ cancelOrder: async () => 'cancelled' }),
  },
  {
    bug: 'a webhook that fails to be asked about is taken at its word',
    breaks: ['paid without money', 'payment left open', 'payment without seats', 'seats without payment'],
    provider: (right) => ({
      retrieve: async (ref) => {
        const payment = await right.retrieve(ref);
        return payment.state === 'processing' || payment.state === 'requires_action'
          ? { ...payment, state: 'authorized' }
          : payment;
      },
      capture: async (ref) => ({ ...(await right.retrieve(ref)), state: 'captured' }),
    }),
  },
];

/** Captures the newest payment for a hold, if there is one. */
async function capturePaymentOf(holdId: string, { db, providers }: World): Promise<void> {
  const row = await db
    .selectFrom('checkouts')
    .innerJoin('payment_attempts', (join) =>
      join
        .onRef('payment_attempts.checkout_id', '=', 'checkouts.checkout_id')
        .onRef('payment_attempts.attempt', '=', 'checkouts.attempt'),
    )
    .select(['payment_attempts.provider', 'payment_attempts.provider_ref'])
    .where('checkouts.hold_id', '=', holdId)
    .executeTakeFirst();
  if (row?.provider_ref) await providers[row.provider].capture(row.provider_ref);
}
