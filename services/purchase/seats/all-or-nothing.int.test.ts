import { describe, expect, it, vi } from 'vitest';
import { assertConserved } from '../../../scripts/testing/conservation.ts';
import { domainEvents } from '../../../scripts/testing/domain-events.ts';
import { dump } from '../../../scripts/testing/refusal.ts';
import { purchaseOf, seats, seatsTakenBy } from '../../../scripts/testing/seats.ts';
import { openTestEvent, redis, seatedZone } from '../../../scripts/testing/stores.ts';
import { callScript, type ScriptCommand, ScriptError } from '../../shared/inventory/call-script.ts';
import type { Inventory } from '../../shared/inventory/inventory.ts';
import { deadlinesKey, inventoryKey } from '../../shared/inventory/keys.ts';
import { waitForNoReplica } from '../../shared/inventory/replicas.ts';
import { loadScript, type Script, scriptOf } from '../../shared/stores/script.ts';

const takeSeats = loadScript(new URL('lua/take-seats.lua', import.meta.url));
const columns = (count: number) => Array.from({ length: count }, (_, at) => at + 1);
const oneRow = (seats: number) => openTestEvent({ zones: [seatedZone(1, 1, seats)] });

/** A script that fails on one buyer's command, after deciding it. */
const poisonedBy = (buyerId: string) =>
  scriptOf(
    takeSeats.source.replace(
      'return event.run(decide)',
      `return event.run(function(command, number)
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
    const { sell } = seatsTakenBy(poisonedBy('Poison'));
    const calls = vi.spyOn(redis, 'evalsha').mockClear();
    const settled = await Promise.allSettled(
      columns(256).map((column) => sell(purchaseOf(event, { column, buyerId: column === poisoned ? 'Poison' : 'Ann' }))),
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
    expect(await seats.sell(purchaseOf(event, { column: poisoned }))).toMatchObject({ kind: 'sold' });
  });

  it('leaves no trace of any command: not in seats, counts, buyers, holds, orders, answers, or the outbox', async () => {
    const event = await oneRow(20);
    for (const column of [18, 19]) await seats.hold(purchaseOf(event, { column, buyerId: 'Bob' }));
    await seats.sell({ eventId: event.eventId, request: { zoneId: 1, quantity: 2, split: false } });
    const before = await dump();
    const asked = await Promise.all(
      columns(9).map(async (column) => {
        const idempotency = { key: `key-${column}`, scope: 'stranger', fingerprint: 'f' };
        return { ...(await taking(event, column, column === 9 ? 'Poison' : 'Ann')), idempotency };
      }),
    );
    await expect(callScript(target, poisonedBy('Poison'), event.eventId, asked)).rejects.toThrow(ScriptError);
    expect(await dump()).toEqual(before);
  });
});

/** The command of take-seats.lua for a seat in the first row: odd columns are held, even ones sold. */
async function taking({ eventId, venueId }: Inventory, column: number, buyerId: string): Promise<ScriptCommand> {
  const orderId = `order-${column}`;
  const ticket = { ticketId: `ticket-${column}`, zoneId: 1, row: 'A', column, priceMinor: 10_000, currency: 'USD' };
  const revision = await redis.hget(inventoryKey(eventId), 'revision');
  const places = [[1, String(column - 1)]];
  const holdId = column % 2 === 1 ? `${eventId}~${column}` : undefined;
  return {
    eventId,
    fields: { revision, orderId, buyerId, quantity: 1, places, holdId },
    order: { orderId, eventId, venueId, buyerId, tickets: [ticket] },
  };
}

const writes = new Set(['HSET', 'SETBIT', 'SETRANGE', 'HINCRBY', 'HDEL', 'ZADD', 'ZREM', 'SET', 'XADD']);

/** The same script, which also notes the names of the Redis commands that it calls, in order. */
const noting = ({ source }: Script) =>
  scriptOf(
    `local names, server = {}, redis
    local redis = { call = function(name, ...) names[#names + 1] = name return server.call(name, ...) end }
    ${source.replace(/^return event.run\(/m, 'local replies = event.run(')}
    server.call('RPUSH', KEYS[1] .. ':noted', unpack(names))
    return replies`,
  );

const target = { redis, replicas: waitForNoReplica };

/** The names of the Redis commands that a script calls to decide these commands. */
async function callsOf(script: Script, eventId: string, asked: ScriptCommand[]): Promise<string[]> {
  const noted = `${inventoryKey(eventId)}:noted`;
  await redis.del(noted);
  await callScript(target, noting(script), eventId, asked);
  return await redis.lrange(noted, 0, -1);
}

describe('a script reads first and writes last, so that an error while it decides changes nothing:', () => {
  const load = (name: string) => loadScript(new URL(`lua/${name}.lua`, import.meta.url));
  const commandsOf = (script: Script, eventId: string, asked: ScriptCommand['fields'][]) =>
    callsOf(
      script,
      eventId,
      asked.map((fields) => ({ eventId, fields })),
    );
  const expectWritesLast = (names: string[]) => {
    const firstWrite = names.findIndex((name) => writes.has(name));
    expect(firstWrite).toBeGreaterThan(0);
    expect(names.slice(firstWrite).filter((name) => !writes.has(name))).toEqual([]);
  };

  it('take-seats, which sells, holds, chooses and ends overdue holds', async () => {
    const event = await openTestEvent();
    const { eventId } = event;
    const held = await seats.hold(purchaseOf(event, { row: 'J', column: 1, buyerId: 'Bob' }));
    if (held.kind === 'held') await letExpire(held.order.eventId, held.holdId);
    const asked = await Promise.all(columns(4).map((column) => taking(event, column, 'Ann')));
    const [first] = asked;
    const best = [{ zone: 1, first: 1, quantity: 1, split: false, views: [0] }];
    if (first) asked.push({ ...first, fields: { ...first.fields, places: [], holdId: undefined, best } });
    expectWritesLast(await callsOf(takeSeats, eventId, asked));
  });

  it('confirm-hold, extend-hold, give-up-ticket, release-hold and expire-holds', async () => {
    const event = await openTestEvent();
    const { eventId } = event;
    const holdIds: string[] = [];
    const ticketIds = new Map<string, string | undefined>();
    for (const column of columns(10)) {
      const held = await seats.hold(purchaseOf(event, { column, buyerId: 'Bob' }));
      if (held.kind !== 'held') continue;
      holdIds.push(held.holdId);
      ticketIds.set(held.holdId, held.order.tickets[0]?.ticketId);
    }
    const two = () => holdIds.splice(0, 2).map((holdId) => ({ holdId }));
    const [overdue] = holdIds;
    await letExpire(eventId, overdue ?? '');
    expectWritesLast(await commandsOf(load('confirm-hold'), eventId, two()));
    expectWritesLast(await commandsOf(load('extend-hold'), eventId, two()));
    const given = two().map((asked) => ({ ...asked, ticketId: ticketIds.get(asked.holdId) }));
    expectWritesLast(await commandsOf(load('give-up-ticket'), eventId, given));
    expectWritesLast(await commandsOf(load('release-hold'), eventId, two()));
    for (const holdId of holdIds) await letExpire(eventId, holdId);
    expectWritesLast(await commandsOf(load('expire-holds'), eventId, [{}]));
  });

  it('exchange-ticket and cancel-order', async () => {
    const event = await openTestEvent();
    const revision = await redis.hget(inventoryKey(event.eventId), 'revision');
    const sold = await Promise.all(columns(3).map((column) => seats.sell(purchaseOf(event, { column, buyerId: 'Ann' }))));
    const orders = sold.flatMap((one) => (one.kind === 'sold' ? [one.order] : []));
    const exchanges = orders.map(({ orderId, tickets }, at) => {
      const replacement = { ticketId: `new-${at}`, zoneId: 1, row: 'A', column: at + 5 };
      return { revision, orderId, ticketId: tickets[0]?.ticketId, place: [1, String(at + 4)], replacement };
    });
    expectWritesLast(await commandsOf(load('exchange-ticket'), event.eventId, exchanges));
    const asked = orders.map(({ orderId }) => ({ orderId, ticketIds: [] }));
    expectWritesLast(await commandsOf(load('cancel-order'), event.eventId, asked));
  });
});

const letExpire = (eventId: string, holdId: string) => redis.zadd(deadlinesKey(eventId), 'XX', 1, holdId);
