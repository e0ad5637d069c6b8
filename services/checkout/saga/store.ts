import type { Updateable } from 'kysely';
import { validate as isUuidText, v7 as uuidv7 } from 'uuid';
import { type Database, isDuplicate } from '../../shared/stores/database.ts';
import type { CheckoutState, ProviderName, Schema } from '../../shared/stores/schema.ts';
import { inTransaction } from '../../shared/stores/transaction.ts';
import { uuidBytes, uuidText } from '../../shared/stores/uuid.ts';
import { formatMoney } from '../../shared/terms/money.ts';
import type { Payment } from '../providers/provider.ts';
import { refundUnsold } from '../refunds/insert-refund.ts';
import { appendEvent } from './append-event.ts';
import { type Attempt, type Checkout, checkoutRow } from './checkout.ts';
import { afterMove, attemptAfter, type Move } from './move.ts';
import { readCheckout } from './read-checkout.ts';
import { leadsTo } from './states.ts';
import type { CheckoutEventType, SagaTimes } from './types.ts';

const maxNoteCharacters = 255;

const eventTypes = new Map<CheckoutState, CheckoutEventType>([
  ['paid', 'onsale.checkout.paid'],
  ['cancelled', 'onsale.checkout.cancelled'],
  ['failed', 'onsale.checkout.failed'],
]);

export type NewCheckout = Pick<Checkout, 'holdId' | 'eventId' | 'email' | 'provider' | 'takesEqual'> &
  Partial<Pick<Checkout, 'returnUrl' | 'buyerId' | 'traceparent'>>;

type PaymentIds = Pick<Payment, 'ref' | 'checkoutId' | 'attempt'>;
type AttemptId = { checkoutId: string; number: number };

export type Store = ReturnType<typeof createStore>;

/**
 * Checkouts in MySQL. Every change is a compare-and-set on the version, in one transaction with everything that belongs to it. It returns
 * undefined if somebody else was faster: then nothing was changed.
 */
export function createStore({ db, clock, times }: { db: Database; clock: () => number; times: SagaTimes }) {
  return {
    /** undefined: the hold has a checkout. */
    async insert(wish: NewCheckout): Promise<Checkout | undefined> {
      const now = clock();
      const begun = { checkoutId: uuidv7(), version: 1, state: 'opening', failures: 0 } as const;
      const dates = {
        createdOn: new Date(now),
        payBy: new Date(now + times.payMs),
        dueOn: new Date(now + times.stepMs),
      };
      const checkout: Checkout = { ...begun, ...wish, ...dates };
      try {
        await db.insertInto('checkouts').values(checkoutRow(checkout)).execute();
        return checkout;
      } catch (error) {
        if (isDuplicate(error)) return undefined;
        throw error;
      }
    },

    /** Deletes a checkout for which nothing was done yet. Returns whether it was still so. */
    async forget({ checkoutId, version }: Checkout): Promise<boolean> {
      const { numDeletedRows } = await db
        .deleteFrom('checkouts')
        .where('checkout_id', '=', uuidBytes(checkoutId))
        .where('version', '=', version)
        .where('state', '=', 'opening')
        .executeTakeFirst();
      return numDeletedRows > 0n;
    },

    read: (checkoutId: string) => readCheckout(db, 'checkout_id', uuidBytes(checkoutId)),

    readOfHold: (holdId: string) => readCheckout(db, 'hold_id', holdId),

    async move(from: Checkout, step: Move): Promise<Checkout | undefined> {
      if (!leadsTo(from.state, step.to)) throw new Error(`the saga's table has no way from ${from.state} to ${step.to}`);
      const now = clock();
      const to = afterMove(from, step, now, times.stepMs);
      return await committed(async (trx) => {
        if (!(await swap(trx, from, { ...checkoutRow(to), note: null }))) return undefined;
        if (from.attempt && step.payment) await updateAttempt(trx, to, attemptAfter(from.attempt, step.payment), now);
        if (to.attempt && step.next !== undefined) await insertAttempt(trx, to, to.attempt, now);
        if (step.refunds && to.attempt) await refundUnsold(trx, to, to.attempt, now);
        if (to.state !== from.state) await announce(trx, to, now);
        return to;
      });
    },

    /** Notes that a step has not succeeded, and when to try it again. */
    async postpone(from: Checkout, { pauseMs, note }: { pauseMs: number; note?: string }): Promise<Checkout | undefined> {
      const dueOn = new Date(clock() + pauseMs);
      const to = { ...from, version: from.version + 1, failures: from.failures + 1, dueOn };
      const { version, failures } = to;
      const changes = { version, failures, due_on: dueOn, note: note?.slice(0, maxNoteCharacters) ?? null };
      return (await committed((trx) => swap(trx, from, changes))) ? to : undefined;
    },

    /** Says that this process goes on with a checkout. */
    claim: (from: Checkout) => committed((trx) => claim(trx, from)),

    /** Claims the checkout that is due for the longest time, and that nobody else is claiming. undefined: there is none. */
    claimDue: () =>
      committed(async (trx) => {
        const due = await trx
          .selectFrom('checkouts')
          .select('checkout_id')
          .where('due_on', '<=', new Date(clock()))
          .orderBy('due_on')
          .limit(1)
          .forUpdate()
          .skipLocked()
          .executeTakeFirst();
        const checkout = due && (await readCheckout(trx, 'checkout_id', due.checkout_id));
        return checkout && (await claim(trx, checkout));
      }),

    /** Finds the attempt that a payment belongs to: by the provider's id, or by what it was created for if its reply was lost. */
    async findPayment(provider: ProviderName, { ref, checkoutId, attempt }: PaymentIds): Promise<AttemptId | undefined> {
      const ofProvider = db.selectFrom('payment_attempts').select(['checkout_id', 'attempt']).where('provider', '=', provider);
      const known = await ofProvider.where('provider_ref', '=', ref).executeTakeFirst();
      if (known) return { checkoutId: uuidText(known.checkout_id), number: known.attempt };
      if (attempt === undefined || !isUuid(checkoutId)) return undefined;
      const unheard = ofProvider.where('checkout_id', '=', uuidBytes(checkoutId)).where('attempt', '=', attempt);
      const row = await unheard.where('provider_ref', 'is', null).executeTakeFirst();
      return row && { checkoutId, number: attempt };
    },

    /**
     * Notes what became of a payment that can buy nothing any more: of an attempt that was given up, or of a checkout that ended without
     * an order. If it was captured, all of it is given back.
     */
    async recordStray(
      checkout: Checkout,
      { number, provider }: Pick<Attempt, 'number' | 'provider'>,
      payment: Payment,
    ): Promise<void> {
      const now = clock();
      await committed(async (trx) => {
        await updateAttempt(trx, checkout, { ...payment, number }, now);
        if (payment.state !== 'captured') return;
        await refundUnsold(trx, checkout, { number, provider, capturedMinor: payment.capturedMinor }, now);
      });
    },
  };

  function committed<T>(work: (trx: Database) => Promise<T>): Promise<T> {
    return inTransaction(db, work, 'read committed');
  }

  async function claim(trx: Database, from: Checkout): Promise<Checkout | undefined> {
    const to = { ...from, version: from.version + 1, dueOn: new Date(clock() + times.stepMs) };
    return (await swap(trx, from, { version: to.version, due_on: to.dueOn })) ? to : undefined;
  }
}

const isUuid = (text: string | undefined): text is string => text !== undefined && isUuidText(text);

async function swap(
  trx: Database,
  { checkoutId, version }: Checkout,
  columns: Updateable<Schema['checkouts']>,
): Promise<boolean> {
  const { numUpdatedRows } = await trx
    .updateTable('checkouts')
    .set(columns)
    .where('checkout_id', '=', uuidBytes(checkoutId))
    .where('version', '=', version)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

async function insertAttempt(trx: Database, checkout: Checkout, attempt: Attempt, nowMs: number): Promise<void> {
  const { checkoutId, terms } = checkout;
  if (!terms) throw new Error('an attempt begins only once purchase has told the amount');
  const { amountMinor, currency } = terms;
  const now = new Date(nowMs);
  await trx
    .insertInto('payment_attempts')
    .values({
      checkout_id: uuidBytes(checkoutId),
      attempt: attempt.number,
      provider: attempt.provider,
      amount: formatMoney(amountMinor, currency),
      currency,
      ...newsColumns(attempt, currency),
      ...{ created_on: now, changed_on: now },
    })
    .execute();
}

async function updateAttempt(
  trx: Database,
  { checkoutId, terms }: Pick<Checkout, 'checkoutId' | 'terms'>,
  { number, ...news }: Omit<Attempt, 'provider'>,
  nowMs: number,
): Promise<void> {
  await trx
    .updateTable('payment_attempts')
    .set({ ...newsColumns(news, terms?.currency ?? ''), changed_on: new Date(nowMs) })
    .where('checkout_id', '=', uuidBytes(checkoutId))
    .where('attempt', '=', number)
    .execute();
}

const newsColumns = (
  { ref, state, capturedMinor, actionUrl, declineCode, dispute }: Omit<Attempt, 'number' | 'provider'>,
  currency: string,
) => ({
  provider_ref: ref ?? null,
  state,
  captured: formatMoney(capturedMinor, currency),
  action_url: actionUrl ?? null,
  decline_code: declineCode ?? null,
  dispute: dispute ?? null,
});

/** Publishes how a checkout ended; one that purchase never let begin is no news. */
async function announce(trx: Database, checkout: Checkout, nowMs: number): Promise<void> {
  const type = eventTypes.get(checkout.state);
  const { checkoutId, eventId, terms, provider, reason, buyerId, traceparent } = checkout;
  if (!type || !terms) return;
  const { orderId, amountMinor, currency, tickets } = terms;
  const data = {
    ...{ checkoutId, eventId, amountMinor, currency, provider, tickets },
    ...(checkout.state === 'paid' && { orderId }),
    ...(buyerId !== undefined && { buyerId }),
    ...(reason !== undefined && { reason }),
  };
  await appendEvent(trx, { type, data, nowMs, ...(traceparent !== undefined && { traceparent }) });
}
