import { describe, expect, it, vi } from 'vitest';
import { assertConserved } from '../../../scripts/testing/conservation.ts';
import { domainEvents } from '../../../scripts/testing/domain-events.ts';
import { dump } from '../../../scripts/testing/refusal.ts';
import { purchaseOf } from '../../../scripts/testing/seats.ts';
import { openTestEvent, redis, seatedZone } from '../../../scripts/testing/stores.ts';
import { callScript, type Question, ScriptError } from '../../shared/inventory/call-script.ts';
import type { Inventory } from '../../shared/inventory/inventory.ts';
import { deadlinesKey, inventoryKey } from '../../shared/inventory/keys.ts';
import { loadScript, type Script, scriptOf } from '../../shared/stores/script.ts';
import { holdSeats, sellSeats } from './take-seats.ts';

const takeSeats = loadScript(new URL('lua/take-seats.lua', import.meta.url));
const columns = (count: number) => Array.from({ length: count }, (_, at) => at + 1);
const oneRow = (seats: number) => openTestEvent({ zones: [seatedZone(1, 1, seats)] });

/** A script that fails on one buyer's command, after deciding it. */
const poisonedBy = (buyerId: string) =>
  scriptOf(
    takeSeats.source.replace(
      'return run(decide)',
      `return run(function(command, number)
        local reply = decide(command, number)
        if command.buyerId == '${buyerId}' then error('injected') end
        return reply
      end)`,
    ),
    'take-seats',
  );

describe('a batch in which one command makes the script fail', () => {
  it.each([1, 2, 77, 255, 256])('(number %i of 256) fails that command alone; all others are decided', async (poisoned) => {
    const event = await oneRow(256);
    const script = poisonedBy('Poison');
    const calls = vi.spyOn(redis, 'evalsha').mockClear();
    const settled = await Promise.allSettled(
      columns(256).map((column) =>
        sellSeats(redis, purchaseOf(event, { column, buyerId: column === poisoned ? 'Poison' : 'Ann' }), script),
      ),
    );
    for (const [at, result] of settled.entries()) {
      if (at + 1 === poisoned) expect(result).toMatchObject({ status: 'rejected', reason: { name: 'ScriptError' } });
      else
        expect(result).toMatchObject({ status: 'fulfilled', value: { kind: 'sold', order: { tickets: [{ column: at + 1 }] } } });
    }
    // Bisection: the first call, and at most two for each of the eight times that 256 can be halved.
    expect(calls.mock.calls.length).toBeLessThanOrEqual(1 + 2 * 8);
    expect((await domainEvents(event)).map(({ data }) => data.sequence)).toEqual(columns(255));
    await assertConserved(redis, event.eventId);
    // Its seat is still free.
    expect(await sellSeats(redis, purchaseOf(event, { column: poisoned }))).toMatchObject({ kind: 'sold' });
  });

  it('leaves no trace of any command: not in seats, counts, buyers, holds, orders, answers, or the outbox', async () => {
    const event = await oneRow(20);
    for (const column of [18, 19]) await holdSeats(redis, purchaseOf(event, { column, buyerId: 'Bob' }));
    await sellSeats(redis, { eventId: event.eventId, wish: { zoneId: 1, quantity: 2, split: false } });
    const before = await dump();
    const asked = await Promise.all(
      columns(9).map(async (column) => {
        const idempotency = { key: `key-${column}`, scope: 'stranger', fingerprint: 'f' };
        const question = await taking(event, column, column === 9 ? 'Poison' : 'Ann');
        return { command: { eventId: event.eventId, idempotency }, question };
      }),
    );
    await expect(callScript(redis, poisonedBy('Poison'), event.eventId, asked)).rejects.toThrow(ScriptError);
    expect(await dump()).toEqual(before);
  });
});

/** The arguments of take-seats.lua for a seat in the first row: odd columns are held, even ones sold. */
async function taking({ eventId, venueId }: Inventory, column: number, buyerId: string): Promise<Question> {
  const orderId = `order-${column}`;
  const ticket = { ticketId: `ticket-${column}`, zoneId: 1, row: 'A', column, priceMinor: 10_000, currency: 'USD' };
  const revision = await redis.hget(inventoryKey(eventId), 'revision');
  const places = [[1, String(column - 1)]];
  const holdId = column % 2 === 1 ? `${eventId}~${column}` : undefined;
  return {
    fields: { revision, orderId, buyerId, places, holdId },
    order: JSON.stringify({ orderId, eventId, venueId, buyerId, tickets: [ticket] }),
  };
}

const writes = new Set(['HSET', 'SETBIT', 'SETRANGE', 'HINCRBY', 'HDEL', 'ZADD', 'ZREM', 'SET', 'XADD']);

/** A script that replies with the names of the Redis commands that it calls, in order. */
const listing = ({ source }: Script) =>
  scriptOf(
    `local names, server = {}, redis
    local redis = { call = function(name, ...) names[#names + 1] = name return server.call(name, ...) end }
    ${source.replace(/^return run\(/m, 'local _ = run(')}
    return cjson.encode({ names })`,
  );

describe('a script reads first and writes last, so that an error while it decides changes nothing:', () => {
  const load = (name: string) => loadScript(new URL(`lua/${name}.lua`, import.meta.url));
  const commandsOf = async (script: Script, eventId: string, asked: object[]) => {
    const question = (fields: object) => ({ command: { eventId }, question: { fields } });
    const [reply] = await callScript(redis, listing(script), eventId, asked.map(question));
    return reply?.words as string[];
  };
  const expectWritesLast = (names: string[]) => {
    const firstWrite = names.findIndex((name) => writes.has(name));
    expect(firstWrite).toBeGreaterThan(0);
    expect(names.slice(firstWrite).filter((name) => !writes.has(name))).toEqual([]);
  };

  it('take-seats, which sells, holds, chooses and ends overdue holds', async () => {
    const event = await openTestEvent();
    const { eventId } = event;
    const held = await holdSeats(redis, purchaseOf(event, { row: 'J', column: 1, buyerId: 'Bob' }));
    if (held.kind === 'held') await letExpire(held.order.eventId, held.holdId);
    const asked = await Promise.all(
      columns(4).map(async (column) => ({ command: { eventId }, question: await taking(event, column, 'Ann') })),
    );
    const [first] = asked;
    const best = { fields: { ...first?.question.fields, places: undefined, holdId: undefined, bestOf: 1, quantity: 1 } };
    asked.push({ command: { eventId }, question: { ...first?.question, ...best } });
    const [reply] = await callScript(redis, listing(takeSeats), eventId, asked);
    expectWritesLast(reply?.words as string[]);
  });

  it('confirm-hold, extend-hold, release-hold and expire-holds', async () => {
    const event = await openTestEvent();
    const { eventId } = event;
    const holdIds: string[] = [];
    for (const column of columns(8)) {
      const held = await holdSeats(redis, purchaseOf(event, { column, buyerId: 'Bob' }));
      if (held.kind === 'held') holdIds.push(held.holdId);
    }
    const two = () => holdIds.splice(0, 2).map((holdId) => ({ holdId }));
    const [overdue] = holdIds;
    await letExpire(eventId, overdue ?? '');
    expectWritesLast(await commandsOf(load('confirm-hold'), eventId, two()));
    expectWritesLast(await commandsOf(load('extend-hold'), eventId, two()));
    expectWritesLast(await commandsOf(load('release-hold'), eventId, two()));
    for (const holdId of holdIds) await letExpire(eventId, holdId);
    expectWritesLast(await commandsOf(load('expire-holds'), eventId, [{}]));
  });

  it('cancel-order', async () => {
    const event = await openTestEvent();
    const sold = await Promise.all(columns(3).map((column) => sellSeats(redis, purchaseOf(event, { column, buyerId: 'Ann' }))));
    const asked = sold.flatMap((one) => (one.kind === 'sold' ? [{ orderId: one.order.orderId, ticketIds: [] }] : []));
    expectWritesLast(await commandsOf(load('cancel-order'), event.eventId, asked));
  });
});

const letExpire = (eventId: string, holdId: string) => redis.zadd(deadlinesKey(eventId), 'XX', 1, holdId);
