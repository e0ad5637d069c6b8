import { sql } from 'kysely';
import { validate as isUuid } from 'uuid';
import { neverOpened } from '../../../services/shared/basics/text.ts';
import { doneRefunds, movingRefunds } from '../../../services/shared/payments/progress.ts';
import type { Database } from '../../../services/shared/stores/database.ts';
import type { CheckoutState } from '../../../services/shared/stores/schema.ts';
import { uuidBytes, uuidText } from '../../../services/shared/stores/uuid.ts';
import { plainDecimal } from '../../../services/shared/terms/money.ts';

/** A checkout in a list; amounts with their currency, '' if there is none. */
export type ListedCheckout = {
  begun: string;
  checkoutId: string;
  orderId: string;
  state: CheckoutState;
  reason: string;
  provider: string;
  attempts: number;
  amount: string;
  taken: string;
  refunded: string;
};

/** Yields an event's checkouts, oldest first. Rejects an event that was never opened. */
export async function* findCheckouts(
  db: Database,
  eventId: string,
  { state }: { state?: CheckoutState },
): AsyncGenerator<ListedCheckout> {
  const event = await db.selectFrom('events').select('currency').where('event_id', '=', eventId).executeTakeFirst();
  if (!event) throw neverOpened(eventId);
  const rows = db
    .selectFrom('checkouts as c')
    .selectAll('c')
    .select((eb) => [
      eb
        .selectFrom('payment_attempts as a')
        .select(sql<string>`coalesce(sum(a.captured), 0)`.as('sum'))
        .whereRef('a.checkout_id', '=', 'c.checkout_id')
        .as('taken'),
      eb
        .selectFrom('refunds as r')
        .select(sql<string>`coalesce(sum(r.amount), 0)`.as('sum'))
        .whereRef('r.checkout_id', '=', 'c.checkout_id')
        .where('r.state', 'in', [...doneRefunds, ...movingRefunds])
        .as('refunded'),
    ])
    .where('c.event_id', '=', eventId)
    .$if(state !== undefined, (query) => query.where('c.state', '=', state as CheckoutState))
    .orderBy('c.created_on')
    .orderBy('c.checkout_id')
    .stream();
  for await (const row of rows) {
    const currency = row.currency ?? event.currency;
    const money = (decimal: string | null) => (decimal === null ? '' : `${plainDecimal(decimal, currency)} ${currency}`);
    yield {
      begun: row.created_on.toISOString().slice(0, 19).replace('T', ' '),
      checkoutId: uuidText(row.checkout_id),
      orderId: row.order_id === null ? '' : uuidText(row.order_id),
      state: row.state,
      reason: row.reason ?? '',
      provider: row.provider,
      attempts: row.attempt,
      ...{ amount: money(row.amount), taken: money(row.taken), refunded: money(row.refunded) },
    };
  }
}

/** Everything about a checkout. */
export type ShownCheckout = Awaited<ReturnType<typeof readWhole>>;

/** The checkout with this id, or that pays this order, or with a payment or refund that has this id at its provider. */
export async function findCheckout(db: Database, id: string): Promise<ShownCheckout | undefined> {
  const checkoutId = isUuid(id) ? await idByUuid(db, uuidBytes(id)) : await idByRef(db, id);
  return checkoutId && (await readWhole(db, checkoutId));
}

async function idByUuid(db: Database, id: Buffer): Promise<Buffer | undefined> {
  const found = await db
    .selectFrom('checkouts')
    .select('checkout_id')
    .where((eb) => eb.or([eb('checkout_id', '=', id), eb('order_id', '=', id)]))
    // An order that was lost and another one may have been paid by the same checkout, but only one of them exists.
    .orderBy('created_on', 'desc')
    .executeTakeFirst();
  if (found) return found.checkout_id;
  return (await db.selectFrom('refunds').select('checkout_id').where('refund_id', '=', id).executeTakeFirst())?.checkout_id;
}

async function idByRef(db: Database, ref: string): Promise<Buffer | undefined> {
  for (const table of ['payment_attempts', 'refunds'] as const) {
    const found = await db.selectFrom(table).select('checkout_id').where('provider_ref', '=', ref).executeTakeFirst();
    if (found) return found.checkout_id;
  }
  return undefined;
}

async function readWhole(db: Database, checkoutId: Buffer) {
  const checkout = await db.selectFrom('checkouts').selectAll().where('checkout_id', '=', checkoutId).executeTakeFirstOrThrow();
  const attempts = await db
    .selectFrom('payment_attempts')
    .selectAll()
    .where('checkout_id', '=', checkoutId)
    .orderBy('attempt')
    .execute();
  const refunds = await db
    .selectFrom('refunds')
    .selectAll()
    .where('checkout_id', '=', checkoutId)
    .orderBy('created_on')
    .execute();
  return { checkout, attempts, refunds };
}
