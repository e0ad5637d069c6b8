import { setTimeout as pause, setImmediate } from 'node:timers/promises';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { type Cable, layCable, through } from '../../../scripts/testing/cable.ts';
import { assertConserved } from '../../../scripts/testing/conservation.ts';
import { domainEvents } from '../../../scripts/testing/domain-events.ts';
import { createTestQueue, purchaseOf, seats } from '../../../scripts/testing/seats.ts';
import { openTestEvent, redis, seatedZone, urls } from '../../../scripts/testing/stores.ts';
import { overloaded } from '../../shared/http/problems.ts';
import { connectRedis, untilConnected } from '../../shared/stores/redis.ts';
import { scriptOf } from '../../shared/stores/script.ts';
import { createSeats } from './create-seats.ts';

afterEach(() => vi.restoreAllMocks());

const columns = (count: number) => Array.from({ length: count }, (_, at) => at + 1);
const { ask } = createTestQueue();
const oneRow = (seats: number) => openTestEvent({ zones: [seatedZone(1, 1, seats)] });

describe('a queued command', () => {
  it('is decided in order, in a call of up to 256 commands, and gets its own reply', async () => {
    const calls = vi.spyOn(redis, 'evalsha');
    const event = await oneRow(600);
    calls.mockClear();
    const outcomes = await Promise.all(columns(600).map((column) => seats.sell(purchaseOf(event, { column }))));
    expect(outcomes).toMatchObject(
      columns(600).map((column) => ({ kind: 'sold', order: { sequence: column, tickets: [{ column }] } })),
    );
    expect(calls).toHaveBeenCalledTimes(3);
    await assertConserved(redis, event.eventId);
  });

  it('does not wait when it is alone, and each call adds one entry to the outbox', async () => {
    const calls = vi.spyOn(redis, 'evalsha');
    const event = await oneRow(3);
    calls.mockClear();
    for (const column of columns(3)) await seats.sell(purchaseOf(event, { column }));
    expect(calls).toHaveBeenCalledTimes(3);
    expect((await domainEvents(event)).map(({ data }) => data.sequence)).toEqual([1, 2, 3]);
  });

  it('gets a reply, however soon it follows the previous one', async () => {
    const event = await oneRow(300);
    const buyOneAfterAnother = async (from: number) => {
      for (const column of columns(100)) {
        expect((await seats.sell(purchaseOf(event, { column: from + column }))).kind).toBe('sold');
      }
    };
    await Promise.all([0, 100, 200].map(buyOneAfterAnother));
    await assertConserved(redis, event.eventId);
  });

  it('fails if its script fails, and the waiting commands are still run', async () => {
    const event = await oneRow(1);
    const failing = scriptOf(`if redis.call('INCR', KEYS[4]) <= 1 then error('once') end return '[["DONE"]]'`);
    const [first, second] = [ask(failing, { eventId: event.eventId, fields: {} }), setImmediate()];
    await second;
    const later = ask(failing, { eventId: event.eventId, fields: {} });
    const settled = await Promise.allSettled([first, later]);
    expect(settled.map(({ status }) => status)).toEqual(['rejected', 'fulfilled']);
  });

  it('is run again if it stays undecided, before any later command', async () => {
    const event = await oneRow(1);
    const oneEachCall = scriptOf(`
      local replies = {}
      for at in ipairs(cjson.decode(ARGV[2])) do replies[at] = at == 1 and {'DONE'} or {'AGAIN'} end
      return cjson.encode(replies)`);
    const decided: string[] = [];
    const add = (name: string) => ask(oneEachCall, { eventId: event.eventId, fields: {} }).then(() => decided.push(name));
    const first = ['a', 'b', 'c', 'd'].map(add);
    await setImmediate();
    const second = ['e', 'f'].map(add);
    await setImmediate();
    // Two calls are in flight, so these wait.
    await Promise.all([...first, ...second, ...['g', 'h'].map(add)]);
    expect(decided.toSorted()).toEqual([...'abcdefgh']);
    expect(decided.filter((name) => 'abcdgh'.includes(name))).toEqual([...'abcdgh']);
  });

  it('is refused if it stays undecided for too long, and is not sent to Redis again', async () => {
    const event = await oneRow(1);
    const never = scriptOf(`return '[["AGAIN"]]'`);
    const calls = vi.spyOn(redis, 'evalsha');
    await expect(ask(never, { eventId: event.eventId, fields: {} })).rejects.toBe(overloaded);
    const callsUntilThen = calls.mock.calls.length;
    expect(callsUntilThen).toBeGreaterThan(1);
    await pause(50);
    expect(calls).toHaveBeenCalledTimes(callsUntilThen);
  });
});

it.skipIf(urls.isRedisCluster)(
  'when Redis goes away, all waiting commands fail immediately, and none is sent later',
  async () => {
    await using resources = new AsyncDisposableStack();
    const cable: Cable = await layCable(Number(new URL(urls.redisUrl).port), resources);
    const far = connectRedis(through(cable, urls.redisUrl));
    resources.defer(() => far.disconnect());
    far.on('error', () => {});
    await untilConnected(far);
    const event = await oneRow(2_000);
    const farSeats = createSeats({ redis: far });
    await farSeats.sell(purchaseOf(event, { column: 1 }));
    const calls = vi.spyOn(far, 'evalsha');
    const asked = columns(1_900).map((column) => farSeats.sell(purchaseOf(event, { column: column + 1 })));
    // Six calls are in flight, and the other commands wait.
    await setImmediate();
    await cable.cut();
    const settled = await Promise.allSettled(asked);
    for (const result of settled) expect(result).toMatchObject({ reason: { code: 'INVENTORY_UNAVAILABLE' } });
    await cable.mend();
    await vi.waitFor(() => far.ping());
    expect(calls).toHaveBeenCalledTimes(6);
    expect((await farSeats.sell(purchaseOf(event, { column: 2_000 }))).kind).toBe('sold');
    await assertConserved(redis, event.eventId);
  },
);
