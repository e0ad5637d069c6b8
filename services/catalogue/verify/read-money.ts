import { type Selectable, sql } from 'kysely';
import type { OrderInRedis } from '../../shared/inventory/order.ts';
import { countedRefunds, movingRefunds } from '../../shared/payments/progress.ts';
import type { Database } from '../../shared/stores/database.ts';
import type { PaidBy, Schema } from '../../shared/stores/schema.ts';
import { uuidBytes, uuidText } from '../../shared/stores/uuid.ts';
import { unitsOf } from '../../shared/terms/decimal-units.ts';
import { soldPrice } from './tickets.ts';

/** A checkout and its sums according to MySQL; amounts in units of decimal-units.ts. `sold`, `worth`: of its order, when sold and now. */
export type Survey = {
  checkoutId: string;
  state: Schema['checkouts']['state'];
  failures: number;
  due_on: Date | null;
  amount: bigint | undefined;
  captured: bigint;
  refunded: bigint;
  byAmount: bigint;
  sold: bigint;
  worth: bigint;
  /** Payments that took money; payments of another amount, or in another currency; refunds that failed; refunds on their way. */
  takers: number;
  odd: number;
  failed: number;
  moving: number;
};

type Attempt = Selectable<Schema['payment_attempts']>;
export type Refund = Selectable<Schema['refunds']> & { ticketIds: string[] | null };

/** All rows of a checkout, at one moment. */
export type Facts = { checkout: Selectable<Schema['checkouts']>; attempts: Attempt[]; refunds: Refund[] };

/** `isReplaced`: by an exchange, which sold another ticket at the same price. */
type PaidTicket = { ticketId: string; price: bigint; isLive: boolean; isReplaced: boolean };
export type PaidOrder = { orderId: string; paidBy: PaidBy | undefined; tickets: PaidTicket[] };

/** Yields an event's checkouts, one by one. */
export async function* surveyCheckouts(db: Database, { eventId, currency }: { eventId: string; currency: string }) {
  const rows = db
    .selectFrom('checkouts as c')
    .leftJoin(
      (ofAttempts) =>
        ofAttempts
          .selectFrom('payment_attempts as a')
          .innerJoin('checkouts as of', 'of.checkout_id', 'a.checkout_id')
          .select(({ fn }) => ['a.checkout_id', fn.sum<string>('a.captured').as('captured')])
          .select([
            sql<number>`sum(a.captured > 0)`.as('takers'),
            sql<number>`sum(a.currency <> ${currency} or a.amount <> of.amount or of.amount is null
              or a.captured <> if(a.state = 'captured', a.amount, 0))`.as('odd'),
          ])
          .where('of.event_id', '=', eventId)
          .groupBy('a.checkout_id')
          .as('a'),
      (join) => join.onRef('a.checkout_id', '=', 'c.checkout_id'),
    )
    .leftJoin(
      (ofRefunds) =>
        ofRefunds
          .selectFrom('refunds')
          .select([
            'checkout_id',
            sql<string>`sum(if(state in (${sql.join(countedRefunds)}), amount, 0))`.as('refunded'),
            sql<string>`sum(if(state in (${sql.join(countedRefunds)}) and ticket_ids = '[]'
              and order_id is not null, amount, 0))`.as('byAmount'),
            sql<number>`sum(state = 'failed')`.as('failed'),
            sql<number>`sum(state in (${sql.join(movingRefunds)}))`.as('moving'),
          ])
          .where('event_id', '=', eventId)
          .groupBy('checkout_id')
          .as('r'),
      (join) => join.onRef('r.checkout_id', '=', 'c.checkout_id'),
    )
    .leftJoin(
      (ofTickets) =>
        ofTickets
          .selectFrom('tickets')
          .select([
            'order_id',
            sql<string>`sum(if(exchanged_for is null, price, 0))`.as('sold'),
            sql<string>`sum(if(status <> 'CANCELLED', price, 0))`.as('worth'),
          ])
          .where('event_id', '=', eventId)
          .where('paid_by', '=', 'checkout')
          .groupBy('order_id')
          .as('t'),
      (join) => join.onRef('t.order_id', '=', 'c.order_id'),
    )
    .select(['c.checkout_id', 'c.state', 'c.failures', 'c.due_on', 'c.amount', 'a.captured', 'a.takers', 'a.odd'])
    .select(['r.refunded', 'r.byAmount', 'r.failed', 'r.moving', 't.sold', 't.worth'])
    .where('c.event_id', '=', eventId)
    .stream();
  for await (const { checkout_id, state, failures, due_on, amount, ...sums } of rows) {
    const units = (of: 'captured' | 'refunded' | 'byAmount' | 'sold' | 'worth') => unitsOf(sums[of] ?? '0');
    const count = (of: 'takers' | 'odd' | 'failed' | 'moving') => Number(sums[of] ?? 0);
    yield {
      ...{ checkoutId: uuidText(checkout_id), state, failures, due_on },
      amount: amount === null ? undefined : unitsOf(amount),
      ...{ captured: units('captured'), refunded: units('refunded'), byAmount: units('byAmount') },
      ...{ sold: units('sold'), worth: units('worth') },
      ...{ takers: count('takers'), odd: count('odd'), failed: count('failed'), moving: count('moving') },
    } satisfies Survey;
  }
}

/** The rows of checkouts as they are now, by id. */
export async function readFacts(db: Database, checkoutIds: string[]): Promise<Map<string, Facts>> {
  const ids = checkoutIds.map(uuidBytes);
  return await db
    .transaction()
    .setIsolationLevel('repeatable read')
    .execute(async (trx) => {
      const checkouts = await trx.selectFrom('checkouts').selectAll().where('checkout_id', 'in', ids).execute();
      const attempts = await trx
        .selectFrom('payment_attempts')
        .selectAll()
        .where('checkout_id', 'in', ids)
        .orderBy('attempt')
        .execute();
      const refunds = await trx.selectFrom('refunds').selectAll().where('checkout_id', 'in', ids).orderBy('created_on').execute();
      const of = <Row extends { checkout_id: Buffer }>(rows: Row[]) => Map.groupBy(rows, (row) => uuidText(row.checkout_id));
      const [attemptsOf, refundsOf] = [of(attempts), of(refunds.map(withTicketIds))];
      return new Map(
        checkouts.map((checkout) => {
          const id = uuidText(checkout.checkout_id);
          return [id, { checkout, attempts: attemptsOf.get(id) ?? [], refunds: refundsOf.get(id) ?? [] }];
        }),
      );
    });
}

const withTicketIds = (refund: Selectable<Schema['refunds']>): Refund => ({
  ...refund,
  ticketIds: refund.ticket_ids === null ? null : (JSON.parse(refund.ticket_ids) as string[]),
});

/** Differs once anything happened to a checkout, its attempts or its refunds. */
export const versionOf = ({ checkout, attempts, refunds }: Facts): string =>
  JSON.stringify([
    checkout.version,
    attempts.map(({ state, captured }) => [state, captured]),
    refunds.map(({ version, state }) => [version, state]),
  ]);

/** Orders as MySQL has them, by id. */
export async function readPaidOrders(db: Database, orderIds: string[]): Promise<Map<string, PaidOrder>> {
  if (orderIds.length === 0) return new Map();
  const rows = await db
    .selectFrom('tickets')
    .select(['ticket_id', 'order_id', 'price', 'status', 'exchanged_for', 'paid_by'])
    .where('order_id', 'in', orderIds.map(uuidBytes))
    .execute();
  const orders = Map.groupBy(rows, ({ order_id }) => uuidText(order_id));
  return new Map(
    [...orders].map(([orderId, tickets]) => [
      orderId,
      {
        orderId,
        paidBy: tickets[0]?.paid_by ?? undefined,
        tickets: tickets.map(({ ticket_id, price, status, exchanged_for }) => ({
          ticketId: uuidText(ticket_id),
          price: unitsOf(price),
          isLive: status !== 'CANCELLED',
          isReplaced: exchanged_for !== null,
        })),
      },
    ]),
  );
}

/** An order as Redis has it. A ticket in conflict was paid too, until it is cancelled. */
export const paidOrderOf = ({ orderId, paidBy, tickets }: OrderInRedis): PaidOrder => ({
  orderId,
  paidBy,
  tickets: tickets.map(({ ticketId, priceMinor, currency, cancelled, exchangedFor }) => ({
    ticketId,
    price: unitsOf(soldPrice(priceMinor, currency)),
    isLive: cancelled === undefined,
    isReplaced: exchangedFor !== undefined,
  })),
});

/** Orders marked as paid through checkout, with live tickets, that no checkout has paid; according to MySQL, at most `most`. */
export async function findUnpaid(db: Database, eventId: string, most: number): Promise<{ orderIds: string[]; count: number }> {
  const unpaid = db
    .selectFrom('tickets')
    .leftJoin('checkouts', 'checkouts.order_id', 'tickets.order_id')
    .where('tickets.event_id', '=', eventId)
    .where('tickets.paid_by', '=', 'checkout')
    .where('tickets.status', '!=', 'CANCELLED')
    .where('checkouts.checkout_id', 'is', null);
  const rows = await unpaid.select('tickets.order_id').distinct().limit(most).execute();
  if (rows.length < most) return { orderIds: rows.map(({ order_id }) => uuidText(order_id)), count: rows.length };
  const { count } = await unpaid
    .select(({ fn }) => fn.count<number>('tickets.order_id').distinct().as('count'))
    .executeTakeFirstOrThrow();
  return { orderIds: rows.map(({ order_id }) => uuidText(order_id)), count: Number(count) };
}
