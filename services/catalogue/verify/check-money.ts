import { setTimeout as pause } from 'node:timers/promises';
import { endedCheckouts, isStuck } from '../../shared/payments/progress.ts';
import { type EventPayments, readPayments } from '../../shared/payments/read-payments.ts';
import { uuidText } from '../../shared/stores/uuid.ts';
import type { Stores } from '../system.ts';
import { judgeMoney } from './judge-money.ts';
import {
  type Facts,
  findUnpaid,
  type PaidOrder,
  paidOrderOf,
  readFacts,
  readPaidOrders,
  type Survey,
  surveyCheckouts,
  versionOf,
} from './read-money.ts';
import { readMoment } from './read-redis.ts';
import type { Differences } from './report.ts';

const judgedAtOnce = 200;
/** A checkout that changes more often than this while it is read is judged by the next verification. */
const looks = 4;
const maxUnpaid = 20;

type Event = { eventId: string; currency: string };

/**
 * Compares an event's payments with the orders that were paid: what was taken, less what went back or is on its way, must be what the orders
 * are worth now, order by order. A checkout that has not ended, or with a refund on its way, is not a difference unless it is stuck. Adds up
 * MySQL's sums by checkout, and reads again what does not match, with its order in Redis: MySQL gets sales a moment later.
 */
export async function checkMoney(
  { db, redis }: Stores,
  event: Event,
  lookMs: number,
  differences: Differences,
): Promise<EventPayments> {
  const nowMs = Date.now();
  const suspects: string[] = [];
  for await (const survey of surveyCheckouts(db, event)) if (isSuspect(survey, nowMs)) suspects.push(survey.checkoutId);
  for (let at = 0; at < suspects.length; at += judgedAtOnce) {
    const checkoutIds = suspects.slice(at, at + judgedAtOnce);
    await judgeCheckouts({ db, redis }, event, { checkoutIds, lookMs }, differences);
  }
  const { orderIds, count } = await findUnpaid(db, event.eventId, maxUnpaid);
  for (let at = 0; at < count; at++) {
    differences.add(
      'orders without a payment',
      () => `order ${orderIds[at]} is marked as paid through checkout, but no checkout has paid it: its seats were not paid`,
    );
  }
  return await readPayments(db, event);
}

/** Whether a checkout must be looked at more closely, because MySQL's sums do not match, or something of it is on its way. */
function isSuspect({ state, amount, captured, refunded, byAmount, sold, worth, ...of }: Survey, nowMs: number): boolean {
  if (of.odd > 0 || of.takers > 1 || of.failed > 0 || of.moving > 0) return true;
  if (!endedCheckouts.includes(state)) return captured < refunded || isStuck(of, nowMs);
  const kept = captured - refunded;
  if (state !== 'paid') return kept !== 0n || worth > 0n;
  const rest = worth - byAmount;
  return sold !== amount || kept !== (rest > 0n ? rest : 0n);
}

async function judgeCheckouts(
  { db, redis }: Stores,
  { eventId, currency }: Event,
  { checkoutIds, lookMs }: { checkoutIds: string[]; lookMs: number },
  differences: Differences,
): Promise<void> {
  let left = checkoutIds;
  for (let look = 0; look < looks && left.length > 0; look++) {
    if (look > 0) await pause(lookMs);
    const before = await readFacts(db, left);
    const orders = await findOrders({ db, redis }, eventId, [...before.values()]);
    const after = await readFacts(db, left);
    const nowMs = Date.now();
    left = [];
    for (const [checkoutId, facts] of after) {
      const known = before.get(checkoutId);
      // Its order was read in between, so it belongs to these rows only if they are still the same.
      if (!known || versionOf(known) !== versionOf(facts)) left.push(checkoutId);
      else {
        const { order_id } = facts.checkout;
        const order = order_id === null ? undefined : orders.get(uuidText(order_id));
        for (const { kind, line } of judgeMoney(facts, order, { currency, nowMs })) differences.add(kind, () => line);
      }
    }
  }
}

/** The orders of checkouts: as Redis has them, else as MySQL does. */
async function findOrders({ db, redis }: Stores, eventId: string, facts: Facts[]): Promise<Map<string, PaidOrder>> {
  const orderIds = facts.flatMap(({ checkout: { order_id } }) => (order_id === null ? [] : [uuidText(order_id)]));
  const { orders } = await readMoment(redis, eventId, { orderIds });
  const inRedis = new Map(orders.map((order) => [order.orderId, paidOrderOf(order)]));
  const inMysql = await readPaidOrders(
    db,
    orderIds.filter((orderId) => !inRedis.has(orderId)),
  );
  return new Map([...inRedis, ...inMysql]);
}
