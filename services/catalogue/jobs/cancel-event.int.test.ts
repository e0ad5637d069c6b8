import { describe, expect, it, vi } from 'vitest';
import { sellThroughCheckout } from '../../../scripts/testing/planted-payments.ts';
import { seats } from '../../../scripts/testing/seats.ts';
import { silentLogger } from '../../../scripts/testing/silent-logger.ts';
import { openHall, project, rowSeats, sell, soldEvent, testSystem } from '../../../scripts/testing/sold-event.ts';
import { db, redis } from '../../../scripts/testing/stores.ts';
import { UnavailableError } from '../../shared/http/problems.ts';
import { readInventory } from '../../shared/inventory/inventory.ts';
import { inventoryKey } from '../../shared/inventory/keys.ts';
import { verifyEvent } from '../verify/verify-event.ts';
import { cancelEventStep, countSold } from './cancel-event.ts';
import type { CancelOrder, OrderToCancel } from './cancel-order.ts';
import { askForJob, readJob, statusOf } from './jobs.ts';
import { JobRefused, startJobs } from './run-jobs.ts';

const stores = { db, redis };
const cancelInProcess: CancelOrder = async ({ eventId, orderId }) => {
  await seats.cancelOrder({ eventId, orderId, ticketIds: [] });
};

const ask = (eventId: string) => askForJob(db, { eventId, organiserId: 'main' }, { kind: 'cancel', principal: 'Ann' });
const jobOf = async (eventId: string) => {
  const job = await readJob(db, eventId, 'cancel');
  if (!job) throw new Error('no job');
  return job;
};

/** Only steps of this event: other tests' jobs are none of it. */
async function step(eventId: string, cancelOrder: CancelOrder): Promise<boolean> {
  const { isDone, ...progress } = await cancelEventStep(stores, cancelOrder, await jobOf(eventId));
  await db.updateTable('event_jobs').set(progress).where('event_id', '=', eventId).execute();
  return isDone;
}

describe('cancelling an event', () => {
  it('ends its sale, cancels every order, lets no hold be confirmed, and verify finds nothing wrong', async () => {
    const { event } = await soldEvent();
    const { eventId, venueId } = event;
    const held = await seats.hold({ eventId, venueId, request: rowSeats('C', 1) });
    if (held.kind !== 'held') expect.fail(held.kind);
    await ask(eventId);
    while (!(await step(eventId, cancelInProcess)));
    expect(await countSold(redis, eventId)).toBe(0);
    expect(await seats.confirmHold({ eventId, holdId: held.holdId })).toMatchObject({ kind: 'refused', code: 'SALE_CLOSED' });
    expect(await seats.sell({ eventId, venueId, request: rowSeats('D', 1) })).toMatchObject({ code: 'SALE_CLOSED' });
    await project(event);
    const waits = { patienceMs: 0, atMostMs: 0, lookMs: 0 };
    expect((await verifyEvent(await testSystem(), eventId, () => {}, waits)).differences).toEqual([]);
    const { total } = await jobOf(eventId);
    expect(total).toBe(6);
  });

  it('loses and doubles nothing if it dies anywhere, and is begun again by two at a time', async () => {
    const event = await openHall();
    const { eventId } = event;
    for (let at = 1; at <= 40; at++) await sell(event, { zoneId: 2, quantity: 1, split: false });
    await ask(eventId);
    await step(eventId, cancelInProcess);
    let calls = 0;
    const dying: CancelOrder = async (order) => {
      if (++calls % 3 === 0) throw new Error('killed before');
      await cancelInProcess(order);
      if (calls % 5 === 0) throw new Error('killed after');
    };
    for (let tries = 0; tries < 100; tries++) {
      const outcomes = await Promise.allSettled([step(eventId, dying), step(eventId, dying)]);
      if (outcomes.some((outcome) => outcome.status === 'fulfilled' && outcome.value)) break;
    }
    expect(await countSold(redis, eventId)).toBe(0);
    await project(event);
    const tickets = await db.selectFrom('tickets').select(['status']).where('event_id', '=', eventId).execute();
    expect(tickets.map(({ status }) => status)).toEqual(Array.from({ length: 40 }, () => 'CANCELLED'));
    const cancellations = await db.selectFrom('order_events').select('sequence').where('event_id', '=', eventId).execute();
    expect(cancellations).toHaveLength(80);
  });
});

describe('orders that were paid through checkout', () => {
  it('are refunded with one key, while one that is still being paid does not hold up the others, and is waited for', async () => {
    const event = await openHall();
    const { eventId } = event;
    for (let column = 1; column <= 3; column++) await sellThroughCheckout(event, rowSeats('A', column));
    const { orderId: lateId } = await sellThroughCheckout(event, rowSeats('B', 1));
    await sell(event, rowSeats('C', 1));
    await askForJob(db, { eventId, organiserId: 'main' }, { kind: 'cancel', principal: 'Ann', seats: 'blocked' });
    const { created_on } = await jobOf(eventId);
    const asked: OrderToCancel[] = [];
    let isPaid = false;
    const cancelOrder: CancelOrder = async (order) => {
      asked.push(order);
      const { orderId, paidBy } = order;
      if (orderId === lateId && !isPaid) return;
      const [isBlocking, isCheckout] = [order.seats === 'blocked', paidBy === 'checkout'];
      await seats.cancelOrder({ eventId, orderId, ticketIds: [], isBlocking, isCheckout });
    };
    const steps = {
      cancel: (job: Parameters<typeof cancelEventStep>[2]) => cancelEventStep(stores, cancelOrder, job),
      archive: async () => ({ isDone: true }),
    };
    const runner = startJobs({ ...stores, steps, logger: silentLogger });
    try {
      const note = /^1 ticket left: their orders are still being paid/;
      await vi.waitFor(async () => expect((await jobOf(eventId)).note).toMatch(note), { timeout: 100_000 });
      expect(await countSold(redis, eventId)).toBe(1);
      isPaid = true;
      await vi.waitFor(async () => expect(statusOf(await jobOf(eventId))).toBe('done'), { timeout: 100_000 });
    } finally {
      await runner.stop();
    }
    expect(new Set(asked.map(({ key }) => key))).toEqual(new Set([`cancellation-${created_on.getTime()}`]));
    expect(new Set(asked.map((order) => order.seats))).toEqual(new Set(['blocked']));
    const paidBy = new Map(asked.map((order) => [order.orderId, order.paidBy]));
    expect([...paidBy.values()].toSorted()).toEqual(['checkout', 'checkout', 'checkout', 'checkout', undefined]);
    const inventory = await readInventory(redis, eventId);
    expect(inventory?.blockedCounts.get(1)).toBe(5);
  });
});

describe('an event that cannot be cancelled', () => {
  it('because it is archived, is refused for good', async () => {
    const { eventId } = await openHall();
    await ask(eventId);
    await db.updateTable('events').set({ state: 'archived' }).where('event_id', '=', eventId).execute();
    await redis.del(inventoryKey(eventId));
    const refused = step(eventId, cancelInProcess);
    await expect(refused).rejects.toThrow(`${eventId} is archived: its tickets cannot be cancelled`);
    await expect(refused).rejects.toBeInstanceOf(JobRefused);
  });

  it('because Redis has lost it, waits for a rebuild, before the first order and in between', async () => {
    const event = await openHall();
    const { eventId } = event;
    await sell(event, rowSeats('A', 1));
    await ask(eventId);
    const lose = async () => {
      const kept = await redis.hgetall(inventoryKey(eventId));
      await redis.del(inventoryKey(eventId));
      return async () => void (await redis.hset(inventoryKey(eventId), kept));
    };
    const waits = async () => {
      const waiting = step(eventId, cancelInProcess);
      await expect(waiting).rejects.toThrow(`Redis has lost the inventory of ${eventId}; it must be rebuilt first`);
      await expect(waiting).rejects.not.toBeInstanceOf(JobRefused);
    };
    const find = await lose();
    await waits();
    await find();
    expect(await step(eventId, cancelInProcess)).toBe(false);
    const findAgain = await lose();
    // Its order is in Redis yet, but it cannot be cancelled.
    await expect(step(eventId, async () => {})).rejects.toThrow('must be rebuilt first');
    await findAgain();
    while (!(await step(eventId, cancelInProcess)));
    expect(await countSold(redis, eventId)).toBe(0);
  });
});

describe('the runner of event jobs', () => {
  it('tries again while purchase is away, and says so; then finishes, once, with several runners', async () => {
    const event = await openHall();
    const { eventId } = event;
    for (let at = 1; at <= 5; at++) await sell(event, rowSeats('A', at));
    let isAway = true;
    const cancelOrder: CancelOrder = async (order) => {
      if (isAway) throw new UnavailableError('SERVICE_UNAVAILABLE', 'purchase cannot be reached');
      await cancelInProcess(order);
    };
    const steps = {
      cancel: (job: Parameters<typeof cancelEventStep>[2]) => cancelEventStep(stores, cancelOrder, job),
      archive: async () => ({ isDone: true }),
    };
    const runners = Array.from({ length: 3 }, () => startJobs({ ...stores, steps, logger: silentLogger }));
    try {
      await ask(eventId);
      for (const { wake } of runners) wake();
      await vi.waitFor(async () => expect(await jobOf(eventId)).toMatchObject({ note: 'purchase cannot be reached', total: 5 }), {
        timeout: 300_000,
      });
      expect(statusOf(await jobOf(eventId))).toBe('running');
      isAway = false;
      await vi.waitFor(async () => expect(statusOf(await jobOf(eventId))).toBe('done'), { timeout: 100_000 });
      expect(await countSold(redis, eventId)).toBe(0);
    } finally {
      await Promise.all(runners.map((runner) => runner.stop()));
    }
  });
});
