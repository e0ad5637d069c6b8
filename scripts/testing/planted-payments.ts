import type { Insertable } from 'kysely';
import { v7 as uuid } from 'uuid';
import type { SeatRequest } from '../../services/purchase/seats/purchase.ts';
import type { Inventory } from '../../services/shared/inventory/inventory.ts';
import type { OrderInRedis } from '../../services/shared/inventory/order.ts';
import type { Schema } from '../../services/shared/stores/schema.ts';
import { uuidBytes } from '../../services/shared/stores/uuid.ts';
import { formatMoney } from '../../services/shared/terms/money.ts';
import { seats } from './seats.ts';
import { db, unique } from './stores.ts';

type Columns<Table extends keyof Schema> = Partial<Insertable<Schema[Table]>>;

/** What the tickets of an order were sold for, a decimal. */
const totalOf = ({ tickets }: Pick<OrderInRedis, 'tickets'>) =>
  formatMoney(
    tickets.reduce((sum, { priceMinor }) => sum + priceMinor, 0),
    tickets[0]?.currency ?? 'USD',
  );

/** Sells seats as checkout does: holds them, and confirms the hold as its first attempt to pay. */
export async function sellThroughCheckout(
  { eventId, venueId }: Inventory,
  request: SeatRequest,
  buyerId?: string,
): Promise<OrderInRedis> {
  const held = await seats.hold({ eventId, venueId, request, buyerId });
  if (held.kind !== 'held') throw new Error(`not held: ${JSON.stringify(held)}`);
  const { holdId, order } = held;
  await seats.beginPayment({ eventId, holdId, attempt: 1, leaseMs: 60_000 });
  const sold = await seats.confirmPaid({ eventId, holdId, attempt: 1, orderId: order.orderId });
  if (sold.kind !== 'sold') throw new Error(`not sold: ${JSON.stringify(sold)}`);
  return sold.order;
}

/**
 * Writes a checkout into MySQL as the saga leaves it once an order is paid, with one captured payment, unless `columns` and `attempts` say
 * otherwise. Without an order it has bought nothing, and its amount is 100.00. Returns its id.
 */
export async function plantCheckout(
  { eventId, currency }: Pick<Inventory, 'eventId' | 'currency'>,
  order: OrderInRedis | undefined,
  { attempts = [{}], ...columns }: Columns<'checkouts'> & { attempts?: Columns<'payment_attempts'>[] } = {},
): Promise<string> {
  const checkoutId = uuid();
  const amount = order ? totalOf(order) : '100.00';
  const now = new Date();
  await db
    .insertInto('checkouts')
    .values({
      checkout_id: uuidBytes(checkoutId),
      version: 5,
      state: order ? 'paid' : 'cancelled',
      hold_id: unique('hold'),
      event_id: eventId,
      organiser_id: 'main',
      order_id: order ? uuidBytes(order.orderId) : null,
      buyer_id: order?.buyerId ?? null,
      email: 'ann@example.com',
      ...{ amount, currency, provider: 'stripe', attempt: attempts.length, takes_equal: 0 },
      pay_by: new Date(now.getTime() + 900_000),
      created_on: now,
      ...columns,
    })
    .execute();
  for (const [at, attempt] of attempts.entries()) {
    await db
      .insertInto('payment_attempts')
      .values({
        checkout_id: uuidBytes(checkoutId),
        attempt: at + 1,
        ...{ provider: 'stripe', provider_ref: unique('pi'), state: 'captured', amount, captured: amount, currency },
        ...{ created_on: now, changed_on: now },
        ...attempt,
      })
      .execute();
  }
  return checkoutId;
}

/** Writes a refund of 100.00 of a checkout's first attempt, done unless `columns` say otherwise. Returns its id. */
export async function plantRefund(checkoutId: string, columns: Columns<'refunds'> = {}): Promise<string> {
  const refundId = uuid();
  const checkout = await db
    .selectFrom('checkouts')
    .selectAll()
    .where('checkout_id', '=', uuidBytes(checkoutId))
    .executeTakeFirstOrThrow();
  await db
    .insertInto('refunds')
    .values({
      refund_id: uuidBytes(refundId),
      version: 1,
      state: 'done',
      checkout_id: uuidBytes(checkoutId),
      attempt: 1,
      order_id: checkout.order_id,
      event_id: checkout.event_id,
      organiser_id: checkout.organiser_id,
      provider: checkout.provider,
      provider_ref: unique('re'),
      ...{ amount: '100.00', currency: checkout.currency ?? 'USD', ticket_ids: null, seats: 'free' },
      ...{ reason: 'asked for it', principal: 'operator', request_key: unique('key'), created_on: new Date() },
      ...columns,
    })
    .execute();
  return refundId;
}
