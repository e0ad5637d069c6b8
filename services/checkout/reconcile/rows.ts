import type { Database } from '../../shared/stores/database.ts';
import type { AttemptState, CheckoutState, ProviderName, RefundState } from '../../shared/stores/schema.ts';
import { uuidBytes, uuidText } from '../../shared/stores/uuid.ts';
import { parseMoney } from '../../shared/terms/money.ts';

/** An attempt as we know it. `ref` is missing until its provider has answered. */
export type KnownPayment = {
  checkoutId: string;
  attempt: number;
  ref: string | undefined;
  state: AttemptState;
  amountMinor: number;
  capturedMinor: number;
  currency: string;
  dispute: string | undefined;
  checkoutState: CheckoutState;
};

export type KnownRefund = {
  refundId: string;
  checkoutId: string;
  ref: string | undefined;
  state: RefundState;
  amountMinor: number;
  currency: string;
};

const attempts = (db: Database, provider: ProviderName) =>
  db
    .selectFrom('payment_attempts as attempts')
    .innerJoin('checkouts', 'checkouts.checkout_id', 'attempts.checkout_id')
    .selectAll('attempts')
    .select('checkouts.state as checkout_state')
    .where('attempts.provider', '=', provider);

type AttemptRow = Awaited<ReturnType<ReturnType<typeof attempts>['execute']>>[number];

const paymentOf = (row: AttemptRow): KnownPayment => ({
  checkoutId: uuidText(row.checkout_id),
  attempt: row.attempt,
  ref: row.provider_ref ?? undefined,
  state: row.state,
  amountMinor: Number(parseMoney(row.amount, row.currency)),
  capturedMinor: Number(parseMoney(row.captured, row.currency)),
  currency: row.currency,
  dispute: row.dispute ?? undefined,
  checkoutState: row.checkout_state,
});

/** Attempts by the provider's ids. */
export async function findPayments(db: Database, provider: ProviderName, refs: string[]): Promise<Map<string, KnownPayment>> {
  if (refs.length === 0) return new Map();
  const rows = await attempts(db, provider).where('attempts.provider_ref', 'in', refs).execute();
  return new Map(rows.map((row) => [row.provider_ref ?? '', paymentOf(row)]));
}

/** The attempt that a payment was created for. */
export async function findAttempt(
  db: Database,
  provider: ProviderName,
  { checkoutId, attempt }: { checkoutId: string; attempt: number },
): Promise<KnownPayment | undefined> {
  const row = await attempts(db, provider)
    .where('attempts.checkout_id', '=', uuidBytes(checkoutId))
    .where('attempts.attempt', '=', attempt)
    .executeTakeFirst();
  return row && paymentOf(row);
}

/** What may still change without us, if a webhook was lost. */
const openStates: readonly AttemptState[] = ['created', 'requires_action', 'processing', 'authorized'];

/**
 * The ids of attempts that changed since `since`: those that are open and have been quiet since `quietSince`, and those that were captured
 * before `listedBefore`, which a provider must have listed by now.
 */
export async function findRefs(
  db: Database,
  provider: ProviderName,
  { since, quietSince, listedBefore }: { since: Date; quietSince: Date; listedBefore: Date },
): Promise<string[]> {
  const rows = await db
    .selectFrom('payment_attempts')
    .select('provider_ref')
    .where('provider', '=', provider)
    .where('provider_ref', 'is not', null)
    .where('changed_on', '>=', since)
    .where((eb) =>
      eb.or([
        eb('state', 'in', openStates).and('changed_on', '<', quietSince),
        eb('captured', '>', '0').and('changed_on', '<', listedBefore),
      ]),
    )
    .orderBy('changed_on')
    .execute();
  return rows.flatMap(({ provider_ref }) => provider_ref ?? []);
}

const refunds = (db: Database, provider: ProviderName) =>
  db
    .selectFrom('refunds')
    .select(['refund_id', 'checkout_id', 'provider_ref', 'state', 'amount', 'currency'])
    .where('provider', '=', provider);

type RefundRow = Awaited<ReturnType<ReturnType<typeof refunds>['execute']>>[number];

const refundOf = (row: RefundRow): KnownRefund => ({
  refundId: uuidText(row.refund_id),
  checkoutId: uuidText(row.checkout_id),
  ref: row.provider_ref ?? undefined,
  state: row.state,
  amountMinor: Number(parseMoney(row.amount, row.currency)),
  currency: row.currency,
});

/** Refunds by the provider's ids. */
export async function findRefunds(db: Database, provider: ProviderName, refs: string[]): Promise<Map<string, KnownRefund>> {
  if (refs.length === 0) return new Map();
  const rows = await refunds(db, provider).where('provider_ref', 'in', refs).execute();
  return new Map(rows.map((row) => [row.provider_ref ?? '', refundOf(row)]));
}

/** The refund that asked for one at the provider. */
export async function findOwnRefund(db: Database, provider: ProviderName, refundId: string): Promise<KnownRefund | undefined> {
  const row = await refunds(db, provider).where('refund_id', '=', uuidBytes(refundId)).executeTakeFirst();
  return row && refundOf(row);
}
