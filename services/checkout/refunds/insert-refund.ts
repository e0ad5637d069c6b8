import { v7 as uuidv7 } from 'uuid';
import { type Database, isDuplicate } from '../../shared/stores/database.ts';
import { uuidBytes } from '../../shared/stores/uuid.ts';
import type { Attempt, Checkout } from '../saga/checkout.ts';
import { leftOf, type NewRefund, type Refund, refundOf, refundRow } from './refund.ts';

/**
 * Stores a refund that is to be made now; with `externalRef`, one that was made at its provider. Throws a duplicate error (isDuplicate) if
 * the same was asked for before.
 */
export async function insertRefund(
  trx: Database,
  wish: NewRefund,
  { nowMs, stepMs, externalRef }: { nowMs: number; stepMs: number; externalRef?: string },
): Promise<Refund> {
  const now = new Date(nowMs);
  const begun = { refundId: uuidv7(), version: 1, failures: 0, createdOn: now, ...wish };
  const refund: Refund =
    externalRef === undefined
      ? { ...begun, state: 'created', dueOn: new Date(nowMs + stepMs) }
      : { ...begun, state: 'external', ref: externalRef, endedOn: now };
  await trx.insertInto('refunds').values(refundRow(refund)).execute();
  return refund;
}

/** Gives back all that is left of a captured payment that bought nothing; once, however often this is found out. */
export async function refundUnsold(
  trx: Database,
  { checkoutId, eventId, terms }: Checkout,
  { number, provider, capturedMinor }: Pick<Attempt, 'number' | 'provider' | 'capturedMinor'>,
  nowMs: number,
): Promise<void> {
  if (!terms) return;
  const { organiserId, currency } = terms;
  const rows = await trx
    .selectFrom('refunds')
    .selectAll()
    .where('checkout_id', '=', uuidBytes(checkoutId))
    .where('attempt', '=', number)
    .execute();
  const requestKey = `unsold-${number}`;
  const refunds = rows.map(refundOf);
  const amountMinor = leftOf(capturedMinor, refunds);
  if (amountMinor === 0 || refunds.some((refund) => refund.requestKey === requestKey)) return;
  const wish = {
    ...{ checkoutId, attempt: number, eventId, organiserId, provider, amountMinor, currency, requestKey },
    ...{ ticketIds: [], seats: 'free' as const },
    reason: 'Nothing was sold for this payment',
    principal: 'service:checkout',
  };
  await insertRefund(trx, wish, { nowMs, stepMs: 0 }).catch((error: unknown) => {
    if (!isDuplicate(error)) throw error;
  });
}
