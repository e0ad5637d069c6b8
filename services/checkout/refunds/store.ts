import type { Selectable, Updateable } from 'kysely';
import { type Database, isDuplicate } from '../../shared/stores/database.ts';
import type { ProviderName, RefundState, Schema } from '../../shared/stores/schema.ts';
import { inTransaction } from '../../shared/stores/transaction.ts';
import { uuidBytes } from '../../shared/stores/uuid.ts';
import { appendEvent } from '../saga/append-event.ts';
import type { Checkout } from '../saga/checkout.ts';
import { readCheckout } from '../saga/read-checkout.ts';
import type { CheckoutEventType, SagaTimes } from '../saga/types.ts';
import { insertRefund } from './insert-refund.ts';
import { type NewRefund, type Refund, refundOf, refundRow } from './refund.ts';

const maxNoteCharacters = 255;

const eventTypes: Partial<Record<RefundState, CheckoutEventType>> = {
  done: 'onsale.checkout.refunded',
  external: 'onsale.checkout.refunded',
  failed: 'onsale.checkout.refund-failed',
  cancelled: 'onsale.checkout.refund-failed',
};

/** Refunds in MySQL. A change is a compare-and-set on the version; it returns undefined if somebody else was faster. */
export function createRefundStore({ db, clock, times }: { db: Database; clock: () => number; times: SagaTimes }) {
  return {
    /** Runs `work` while nobody else can add a refund to the checkout. */
    locked: <T>(checkoutId: string, work: (trx: Database) => Promise<T>): Promise<T> =>
      committed(async (trx) => {
        await trx
          .selectFrom('checkouts')
          .select('version')
          .where('checkout_id', '=', uuidBytes(checkoutId))
          .forUpdate()
          .execute();
        return await work(trx);
      }),

    /** Stores a refund that is to be made. Only within `locked`. */
    insert: (trx: Database, wish: NewRefund) => insertRefund(trx, wish, { nowMs: clock(), stepMs: times.stepMs }),

    /** Stores a refund that was made at its provider. Returns the stored one if it was known. */
    async adopt(checkout: Checkout, wish: NewRefund, externalRef: string): Promise<Refund | undefined> {
      const nowMs = clock();
      return await committed(async (trx) => {
        const known = await readByRef(trx, wish.provider, externalRef);
        if (known) return known;
        const refund = await insertRefund(trx, wish, { nowMs, stepMs: 0, externalRef });
        await announce(trx, checkout, refund, nowMs);
        return refund;
      }).catch((error: unknown) => {
        if (!isDuplicate(error)) throw error;
        return readByRef(db, wish.provider, externalRef);
      });
    },

    read: (refundId: string) => readById(db, refundId),

    readByRef: (provider: ProviderName, ref: string) => readByRef(db, provider, ref),

    /** Oldest first. */
    listOfCheckout: (trx: Database, checkoutId: string) => list(trx, 'checkout_id', checkoutId),
    listOfOrder: (orderId: string) => list(db, 'order_id', orderId),

    checkoutOfOrder: (orderId: string) => readCheckout(db, 'order_id', uuidBytes(orderId)),

    /** The checkout of a refund, with the attempt that the refund gives back. */
    async checkoutOf({ checkoutId, attempt }: Pick<Refund, 'checkoutId' | 'attempt'>): Promise<Checkout> {
      const checkout = await readCheckout(db, 'checkout_id', uuidBytes(checkoutId), attempt);
      if (!checkout) throw new Error('a refund without its checkout');
      return checkout;
    },

    /** Writes what became of a refund. */
    async change(
      checkout: Checkout,
      from: Refund,
      { state, ref, dueMs, note }: { state: RefundState; ref?: string; dueMs?: number; note?: string },
    ): Promise<Refund | undefined> {
      const nowMs = clock();
      const { dueOn: _, ...rest } = from;
      const to: Refund = {
        ...rest,
        state,
        version: from.version + 1,
        failures: 0,
        ...(ref !== undefined && { ref }),
        ...(dueMs === undefined ? { endedOn: from.endedOn ?? new Date(nowMs) } : { dueOn: new Date(dueMs) }),
      };
      return await committed(async (trx) => {
        if (!(await swap(trx, from, { ...refundRow(to), note: noteColumn(note) }))) return undefined;
        if (to.state !== from.state) await announce(trx, checkout, to, nowMs);
        return to;
      });
    },

    /** Notes that a step has not succeeded, and when to try it again. */
    async postpone(from: Refund, { pauseMs, note }: { pauseMs: number; note?: string }): Promise<Refund | undefined> {
      const to = { ...from, version: from.version + 1, failures: from.failures + 1, dueOn: new Date(clock() + pauseMs) };
      const { version, failures, dueOn } = to;
      const columns = { version, failures, due_on: dueOn, note: noteColumn(note) };
      return (await committed((trx) => swap(trx, from, columns))) ? to : undefined;
    },

    /** Claims the refund that is due for the longest time, and that nobody else is claiming. undefined: there is none. */
    claimDue: () =>
      committed(async (trx) => {
        const row = await trx
          .selectFrom('refunds')
          .selectAll()
          .where('due_on', '<=', new Date(clock()))
          .orderBy('due_on')
          .limit(1)
          .forUpdate()
          .skipLocked()
          .executeTakeFirst();
        if (!row) return undefined;
        const from = refundOf(row);
        const to = { ...from, version: from.version + 1, dueOn: new Date(clock() + times.stepMs) };
        return (await swap(trx, from, { version: to.version, due_on: to.dueOn })) ? to : undefined;
      }),
  };

  function committed<T>(work: (trx: Database) => Promise<T>): Promise<T> {
    return inTransaction(db, work, 'read committed');
  }
}

const noteColumn = (note: string | undefined) => note?.slice(0, maxNoteCharacters) ?? null;

async function readOne(rows: Promise<Selectable<Schema['refunds']> | undefined>): Promise<Refund | undefined> {
  const row = await rows;
  return row && refundOf(row);
}

const refunds = (db: Database) => db.selectFrom('refunds').selectAll();

const readById = (db: Database, refundId: string) =>
  readOne(refunds(db).where('refund_id', '=', uuidBytes(refundId)).executeTakeFirst());

const readByRef = (db: Database, provider: ProviderName, ref: string) =>
  readOne(refunds(db).where('provider', '=', provider).where('provider_ref', '=', ref).executeTakeFirst());

async function list(db: Database, column: 'checkout_id' | 'order_id', id: string): Promise<Refund[]> {
  const ofIt = refunds(db).where(column, '=', uuidBytes(id));
  return (await ofIt.orderBy('created_on').orderBy('refund_id').execute()).map(refundOf);
}

async function swap(trx: Database, { refundId, version }: Refund, columns: Updateable<Schema['refunds']>): Promise<boolean> {
  const { numUpdatedRows } = await trx
    .updateTable('refunds')
    .set(columns)
    .where('refund_id', '=', uuidBytes(refundId))
    .where('version', '=', version)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** Publishes that money went back, or that it could not. */
async function announce(trx: Database, { buyerId, terms, traceparent }: Checkout, refund: Refund, nowMs: number): Promise<void> {
  const type = eventTypes[refund.state];
  if (!type) return;
  const { checkoutId, eventId, orderId, amountMinor, currency, provider, reason, refundId, ticketIds } = refund;
  const tickets = (terms?.tickets ?? []).filter(({ ticketId }) => ticketIds?.includes(ticketId) ?? true);
  const data = {
    ...{ checkoutId, eventId, amountMinor, currency, provider, reason, tickets, refundId },
    ...(orderId !== undefined && { orderId }),
    ...(buyerId !== undefined && { buyerId }),
  };
  await appendEvent(trx, { type, data, nowMs, ...(traceparent !== undefined && { traceparent }) });
}
