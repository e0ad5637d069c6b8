import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import { connectFarRedis } from '../../../scripts/testing/far-redis.ts';
import { commandsDuring } from '../../../scripts/testing/monitor.ts';
import { purchaseOf, seats } from '../../../scripts/testing/seats.ts';
import { openTestEvent, redis, unique } from '../../../scripts/testing/stores.ts';

import { UnavailableError } from '../../shared/http/problems.ts';
import { openInventory } from '../../shared/inventory/open-inventory.ts';
import { createSeatReader } from './seat-reader.ts';

const resources = new AsyncDisposableStack();
afterAll(() => resources.disposeAsync());
afterEach(() => void vi.useRealTimers());

/** Stops time until the test moves it. Connections go on, except for their timers. */
const stopTheClock = () => vi.useFakeTimers({ toFake: ['performance', 'setTimeout', 'clearTimeout'] });

/** The known version that each read of an event passed to Redis; -1 is a read of everything. */
async function readsOf(eventId: string, work: () => Promise<unknown>): Promise<number[]> {
  const commands = await commandsDuring(eventId, work);
  return commands.filter(([name = '']) => /^evalsha$/i.test(name)).map((args) => Number(args.at(-1)));
}

describe('a reader of seats', () => {
  it('reads an event once for all callers within 100 ms, and after that reads only what changed', async () => {
    const event = await openTestEvent();
    const read = createSeatReader(redis);
    const sold = async () => (await read(event.eventId))?.zones.get(1)?.sold;
    await seats.sell(purchaseOf(event));
    stopTheClock();
    const reads = await readsOf(event.eventId, async () => {
      expect(new Set(await Promise.all(Array.from({ length: 1_000 }, sold)))).toEqual(new Set([1]));
      await seats.sell(purchaseOf(event, { column: 2 }));
      vi.advanceTimersByTime(99);
      expect(await sold()).toBe(1);
      vi.advanceTimersByTime(1);
      expect(await sold()).toBe(2);
    });
    // The first read is of everything. The purchase's script between them has no version as its last argument.
    expect(reads.filter((version) => !Number.isNaN(version))).toEqual([-1, 1]);
  });

  it('forgets an event that nobody has asked for in two seconds', async () => {
    const event = await openTestEvent();
    const read = createSeatReader(redis);
    stopTheClock();
    const reads = await readsOf(event.eventId, async () => {
      await read(event.eventId);
      vi.advanceTimersByTime(1_999);
      await read(event.eventId);
      vi.advanceTimersByTime(2_000);
      await read(event.eventId);
    });
    expect(reads).toEqual([-1, 0, -1]);
  });

  it('keeps no more than its limit, and forgets the event that was read first', async () => {
    const [first, second, third] = [await openTestEvent(), await openTestEvent(), await openTestEvent()];
    const read = createSeatReader(redis, 2_000 - 512);
    stopTheClock();
    for (const { eventId } of [first, second, third]) await read(eventId);
    vi.advanceTimersByTime(100);
    expect(await readsOf(second.eventId, () => read(second.eventId))).toEqual([0]);
    expect(await readsOf(third.eventId, () => read(third.eventId))).toEqual([0]);
    expect(await readsOf(first.eventId, () => read(first.eventId))).toEqual([-1]);
  });

  it('asks once for all callers about an event that does not exist, keeps nothing, and finds it as soon as it is opened', async () => {
    await openTestEvent();
    const eventId = unique('event');
    const read = createSeatReader(redis);
    const askers = () => Promise.all(Array.from({ length: 100 }, () => read(eventId)));
    // The first time, a node of a cluster may not know the script yet, and is asked again with its text.
    await read(eventId);
    expect(await commandsDuring(eventId, askers)).toHaveLength(3);
    expect(new Set(await askers())).toEqual(new Set([undefined]));
    const other = await openTestEvent();
    await openInventory(redis, { ...other, eventId });
    expect(await read(eventId)).toMatchObject({ version: 0 });
  });

  it('fails for all waiting callers during a Redis outage, and then recovers by reading everything again', async () => {
    const event = await openTestEvent();
    const far = await connectFarRedis(resources);
    const read = createSeatReader(far.redis);
    await read(event.eventId);
    await far.cut();
    await expect.poll(() => read(event.eventId).catch(() => 'away')).toBe('away');
    const asked = await Promise.allSettled(Array.from({ length: 50 }, () => read(event.eventId)));
    for (const result of asked) expect(result).toMatchObject({ reason: expect.any(UnavailableError) });
    await far.mend();
    const reads = await readsOf(event.eventId, () => vi.waitFor(() => read(event.eventId), 10_000));
    expect(reads).toEqual([-1]);
  });
});
