import { sql } from 'kysely';
import type { Database } from '../stores/database.ts';
import type { CheckoutState, ProviderName, RefundState, Schema } from '../stores/schema.ts';
import { decimalOf, unitsOf } from '../terms/decimal-units.ts';
import { plainDecimal } from '../terms/money.ts';
import { doneRefunds, endedCheckouts, movingRefunds, overdueBefore, stuckFailures } from './progress.ts';

/** What an event's payments come to. Amounts are decimals in the event's currency. */
export type EventPayments = {
  /** Set aside at a provider, and not taken yet. */
  authorised: string;
  /** Taken, whatever went back since. */
  captured: string;
  refunded: string;
  /** Refunds on their way. */
  refunding: string;
  /** What the buyers of checkouts that have not ended want to pay. */
  pending: string;
  /** How many checkouts have not ended. */
  unfinished: number;
  /** Checkouts and refunds that do not go on by themselves any more, failed refunds among them. */
  stuck: number;
  checkouts: Partial<Record<CheckoutState, number>>;
  refunds: Partial<Record<RefundState, number>>;
};

/** What the circuit breaker in front of a provider is, or was last. */
export type ProviderBreaker = { provider: ProviderName; breaker: Schema['payment_providers']['breaker']; changedOn: string };

/** Adds up an event's checkouts, attempts and refunds: all zeros for an event that nobody has paid for. */
export async function readPayments(
  db: Database,
  { eventId, currency }: { eventId: string; currency: string },
  nowMs = Date.now(),
): Promise<EventPayments> {
  const isStuck = sql<number>`sum(failures >= ${stuckFailures} or due_on < ${overdueBefore(nowMs)})`;
  const [checkouts, attempts, refunds] = await Promise.all([
    db
      .selectFrom('checkouts')
      .select(({ fn }) => ['state', fn.countAll<number>().as('count'), fn.sum<string | null>('amount').as('amount')])
      .select(isStuck.as('stuck'))
      .where('event_id', '=', eventId)
      .groupBy('state')
      .execute(),
    db
      .selectFrom('payment_attempts as attempts')
      .innerJoin('checkouts', 'checkouts.checkout_id', 'attempts.checkout_id')
      .select(({ fn }) => [
        fn.sum<string | null>('attempts.captured').as('captured'),
        sql<string | null>`sum(if(attempts.state = 'authorized', attempts.amount, 0))`.as('authorised'),
      ])
      .where('checkouts.event_id', '=', eventId)
      .executeTakeFirst(),
    db
      .selectFrom('refunds')
      .select(({ fn }) => ['state', fn.countAll<number>().as('count'), fn.sum<string>('amount').as('amount')])
      .select(isStuck.as('stuck'))
      .where('event_id', '=', eventId)
      .groupBy('state')
      .execute(),
  ]);
  const money = (amounts: (string | null | undefined)[]) =>
    plainDecimal(decimalOf(amounts.reduce((sum, amount) => sum + unitsOf(amount ?? '0.0000'), 0n)), currency);
  const open = checkouts.filter(({ state }) => !endedCheckouts.includes(state));
  const moving = refunds.filter(({ state }) => movingRefunds.includes(state));
  const total = (counts: unknown[]) => counts.reduce<number>((sum, count) => sum + Number(count), 0);
  return {
    authorised: money([attempts?.authorised]),
    captured: money([attempts?.captured]),
    refunded: money(refunds.filter(({ state }) => doneRefunds.includes(state)).map(({ amount }) => amount)),
    refunding: money(moving.map(({ amount }) => amount)),
    pending: money(open.map(({ amount }) => amount)),
    unfinished: total(open.map(({ count }) => count)),
    stuck: total([
      ...[...open, ...moving].map(({ stuck }) => stuck),
      ...refunds.filter(({ state }) => state === 'failed').map(({ count }) => count),
    ]),
    checkouts: Object.fromEntries(checkouts.map(({ state, count }) => [state, Number(count)])),
    refunds: Object.fromEntries(refunds.map(({ state, count }) => [state, Number(count)])),
  };
}

/** The breakers of all providers that were ever asked. */
export async function readBreakers(db: Database): Promise<ProviderBreaker[]> {
  const rows = await db.selectFrom('payment_providers').selectAll().orderBy('provider').execute();
  return rows.map(({ provider, breaker, changed_on }) => ({ provider, breaker, changedOn: changed_on.toISOString() }));
}
