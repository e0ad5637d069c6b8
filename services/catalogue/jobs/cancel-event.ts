import pLimit from 'p-limit';
import { countOf } from '../../shared/basics/text.ts';
import { changeSaleState } from '../../shared/inventory/change-sale-state.ts';
import { readInventory } from '../../shared/inventory/inventory.ts';
import { countsKey, ordersKey } from '../../shared/inventory/keys.ts';
import { parseOrder } from '../../shared/inventory/order.ts';
import type { RedisClient } from '../../shared/stores/redis.ts';
import type { Stores } from '../system.ts';
import type { CancelOrder } from './cancel-order.ts';
import type { Job } from './jobs.ts';
import { JobRefused, type Progress } from './run-jobs.ts';

/** About as many orders are read, and cancelled, in a step. */
const ordersAtOnce = 200;
/** Few enough that buyers of other events do not notice. */
const cancelledAtOnce = 8;

/**
 * A step of cancelling an event with all its orders. The first one ends its sale for good, holds included, so that no order is added any
 * more. Each of the others cancels the orders of one part of Redis' list of orders; once it has gone through the whole list, nothing is
 * left, but orders that are still being paid, or whose refund has not begun: then it goes through the list again. To cancel or refund an
 * order twice changes nothing, so any step may be repeated.
 */
export async function cancelEventStep({ db, redis }: Stores, cancelOrder: CancelOrder, job: Job): Promise<Progress> {
  const { event_id: eventId, principal } = job;
  if (job.total === null) {
    const outcome = await changeSaleState({ db, redis }, eventId, { state: 'closed', isCancelled: true }, { principal });
    if (outcome.kind === 'refused') throw new JobRefused(`${eventId} is ${outcome.state}`);
    if (outcome.kind === 'noInventory') {
      if (outcome.inMysql === 'archived') throw new JobRefused(`${eventId} is archived: its tickets cannot be cancelled`);
      throw new Error(`Redis has lost the inventory of ${eventId}; it must be rebuilt first`);
    }
    return { isDone: false, total: await countSold(redis, eventId), scan_cursor: '0' };
  }
  const [next, flat] = await redis.hscan(ordersKey(eventId), job.scan_cursor, 'COUNT', ordersAtOnce);
  const orders = flat.flatMap((text, at) => (at % 2 === 1 ? [parseOrder(text).order] : []));
  const live = orders.filter(({ tickets }) => tickets.some(({ cancelled }) => cancelled === undefined));
  const inTurn = pLimit(cancelledAtOnce);
  const { seats } = job;
  const key = `cancellation-${job.created_on.getTime()}`;
  // All of them are tried, so that one that fails does not leave others in progress.
  const outcomes = await Promise.allSettled(
    live.map(({ orderId, paidBy }) => inTurn(() => cancelOrder({ eventId, orderId, paidBy, seats, key }))),
  );
  const failed = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failed) throw failed.reason;
  if (next !== '0') return { isDone: false, scan_cursor: next };
  if (!(await readInventory(redis, eventId)))
    throw new Error(`Redis has lost the inventory of ${eventId}; it must be rebuilt first`);
  const left = await countSold(redis, eventId);
  if (left === 0) return { isDone: true, scan_cursor: '0' };
  const waitsFor = `${countOf(left, 'ticket')} left: their orders are still being paid, their refunds have not begun, or verify finds them not paid`;
  return { isDone: false, scan_cursor: '0', waitsFor };
}

/** How many tickets of an event own a seat or a place. */
export async function countSold(redis: RedisClient, eventId: string): Promise<number> {
  const counts = await redis.hgetall(countsKey(eventId));
  return Object.entries(counts).reduce((sum, [field, count]) => (field.startsWith('sold:') ? sum + Number(count) : sum), 0);
}
