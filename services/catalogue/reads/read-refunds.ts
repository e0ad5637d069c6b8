import { sql } from 'kysely';
import { doneRefunds, movingRefunds } from '../../shared/payments/progress.ts';
import type { Database } from '../../shared/stores/database.ts';
import { plainDecimal } from '../../shared/terms/money.ts';

/** The orders of an event that were paid through checkout, and how far they are refunded. Amounts are decimals. */
export type Refunding = {
  orders: number;
  /** Of those: all went back; some is on its way; a refund failed, and was not made good. */
  refunded: number;
  onTheWay: number;
  failed: number;
  paidAmount: string;
  refundedAmount: string;
  onTheWayAmount: string;
  currency: string;
};

/** Adds up the refunds of an event order by order. */
export async function readRefunding(
  db: Database,
  { eventId, currency }: { eventId: string; currency: string },
): Promise<Refunding> {
  const sum = (states: readonly string[]) => sql<string>`sum(if(state in (${sql.join(states)}), amount, 0))`;
  const row = await db
    .selectFrom((ofCheckouts) =>
      ofCheckouts
        .selectFrom('checkouts')
        .innerJoin('payment_attempts', (join) =>
          join
            .onRef('payment_attempts.checkout_id', '=', 'checkouts.checkout_id')
            .onRef('payment_attempts.attempt', '=', 'checkouts.attempt'),
        )
        .leftJoin(
          (ofRefunds) =>
            ofRefunds
              .selectFrom('refunds')
              .select(['order_id', sum(doneRefunds).as('done'), sum(movingRefunds).as('moving'), sum(['failed']).as('failed')])
              .where('event_id', '=', eventId)
              .where('order_id', 'is not', null)
              .groupBy('order_id')
              .as('r'),
          (join) => join.onRef('r.order_id', '=', 'checkouts.order_id'),
        )
        .select([
          'payment_attempts.captured',
          sql<string>`coalesce(r.done, 0)`.as('done'),
          sql<string>`coalesce(r.moving, 0)`.as('moving'),
          sql<string>`coalesce(r.failed, 0)`.as('failed'),
        ])
        .where('checkouts.event_id', '=', eventId)
        .where('checkouts.state', '=', 'paid')
        .where('payment_attempts.captured', '>', '0')
        .as('paid'),
    )
    .select(({ fn }) => [
      fn.countAll<number>().as('orders'),
      sql<number>`coalesce(sum(done >= captured), 0)`.as('refunded'),
      sql<number>`coalesce(sum(moving > 0), 0)`.as('onTheWay'),
      sql<number>`coalesce(sum(failed > 0 and done + moving < captured), 0)`.as('failed'),
      sql<string>`coalesce(sum(captured), 0)`.as('paidAmount'),
      sql<string>`coalesce(sum(done), 0)`.as('refundedAmount'),
      sql<string>`coalesce(sum(moving), 0)`.as('onTheWayAmount'),
    ])
    .executeTakeFirstOrThrow();
  const { paidAmount, refundedAmount, onTheWayAmount, ...counts } = row;
  const { orders, refunded, onTheWay, failed } = counts;
  return {
    ...{ orders: Number(orders), refunded: Number(refunded), onTheWay: Number(onTheWay), failed: Number(failed) },
    paidAmount: plainDecimal(paidAmount, currency),
    refundedAmount: plainDecimal(refundedAmount, currency),
    onTheWayAmount: plainDecimal(onTheWayAmount, currency),
    currency,
  };
}
