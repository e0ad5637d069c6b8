import type { Database } from '../../shared/stores/database.ts';
import { type Checkout, checkoutOf } from './checkout.ts';

/**
 * Reads a checkout by its id, or the latest one of a hold or of an order, with its newest attempt, or with the attempt of this number. Ids of
 * checkouts and orders are bytes.
 */
export async function readCheckout(
  db: Database,
  column: 'checkout_id' | 'hold_id' | 'order_id',
  id: Buffer | string,
  attempt?: number,
): Promise<Checkout | undefined> {
  const query = db.selectFrom('checkouts').selectAll().where(column, '=', id);
  const row = await query.orderBy('created_on', 'desc').limit(1).executeTakeFirst();
  if (!row) return undefined;
  // If it changes in between, the version does too.
  const ofRow = await db
    .selectFrom('payment_attempts')
    .selectAll()
    .where('checkout_id', '=', row.checkout_id)
    .where('attempt', '=', attempt ?? row.attempt)
    .executeTakeFirst();
  return checkoutOf(row, ofRow);
}
