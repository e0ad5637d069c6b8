import { describe, expect, it } from 'vitest';
import { seats } from '../../../scripts/testing/seats.ts';
import { rowSeats, sell } from '../../../scripts/testing/sold-event.ts';
import { db, openTestEvent, planOf, redis, unique } from '../../../scripts/testing/stores.ts';
import { followSaleState } from './change-sale-state.ts';
import { readEventState } from './event-state.ts';
import { countsKey, inventoryKey } from './keys.ts';
import { openEvent } from './open-event.ts';
import { readSaleState, type SaleState, setState, type WantedState } from './set-state.ts';

const wanted: Record<SaleState, WantedState> = {
  published: { state: 'published' },
  paused: { state: 'paused', confirmWhilePaused: true },
  closed: { state: 'closed' },
  archived: { state: 'archived', provenUpTo: 0 },
};

/** The states in which an event gets into each state. */
const ways: Record<SaleState, SaleState[]> = {
  published: [],
  paused: ['paused'],
  closed: ['closed'],
  archived: ['closed', 'archived'],
};

/** Every pair of states, and whether the first leads to the second. */
const leads = Object.entries({
  published: ['published', 'paused', 'closed'],
  paused: ['published', 'paused', 'closed'],
  closed: ['closed', 'archived'],
  archived: ['archived'],
}).flatMap(([from, to]) =>
  (Object.keys(ways) as SaleState[]).map((state) => [from as SaleState, state, to.includes(state)] as const),
);

const fieldsOf = (eventId: string) => redis.hmget(inventoryKey(eventId), 'state', 'confirmWhilePaused');

describe('the state of an inventory', () => {
  it.each(leads)('leads from %s to %s: %s', async (from, to, mayBe) => {
    const { eventId } = await openTestEvent();
    for (const state of ways[from]) await setState(redis, eventId, wanted[state]);
    expect(await readSaleState(redis, eventId)).toBe(from);
    const outcome = await setState(redis, eventId, wanted[to]);
    if (mayBe) expect(outcome).toEqual({ kind: from === to ? 'unchanged' : 'changed' });
    else expect(outcome).toEqual({ kind: 'refused', state: from });
    expect(await readSaleState(redis, eventId)).toBe(mayBe ? to : from);
  });

  it('changes nothing else: neither the revision, nor a version or sequence number', async () => {
    const event = await openTestEvent();
    const { eventId } = event;
    await sell(event, rowSeats('A', 1));
    const [inventory, counts] = [await redis.hgetall(inventoryKey(eventId)), await redis.hgetall(countsKey(eventId))];
    await setState(redis, eventId, { state: 'paused', confirmWhilePaused: true });
    expect(await redis.hgetall(inventoryKey(eventId))).toEqual({ ...inventory, state: 'paused', confirmWhilePaused: '1' });
    await setState(redis, eventId, { state: 'paused', confirmWhilePaused: false });
    expect(await fieldsOf(eventId)).toEqual(['paused', '']);
    await setState(redis, eventId, { state: 'published' });
    expect(await redis.hgetall(inventoryKey(eventId))).toEqual(inventory);
    expect(await redis.hgetall(countsKey(eventId))).toEqual(counts);
  });

  it('of an event without an inventory cannot be set, and none appears', async () => {
    const eventId = unique('event');
    expect(await setState(redis, eventId, wanted.paused)).toEqual({ kind: 'noInventory' });
    expect(await readSaleState(redis, eventId)).toBeUndefined();
    expect(await redis.exists(inventoryKey(eventId))).toBe(0);
  });

  it.each(['paused', 'closed'] as const)('stays %s when the event is opened again, and MySQL follows', async (state) => {
    const event = await openTestEvent();
    const { eventId } = event;
    await setState(redis, eventId, wanted[state]);
    expect(await openEvent(db, redis, planOf({ ...event, holdMs: 60_000 }))).toEqual({ kind: 'changed' });
    expect(await readSaleState(redis, eventId)).toBe(state);
    expect(await readEventState(db, eventId)).toBe(state);
  });

  it('is the same in MySQL after any number of changes at a time', async () => {
    const { eventId } = await openTestEvent();
    const changes = Array.from({ length: 12 }, (_, at) => (at % 2 === 0 ? wanted.paused : wanted.published));
    await Promise.all(
      changes.map(async (change) => {
        await setState(redis, eventId, change);
        await followSaleState(db, redis, eventId);
      }),
    );
    expect(await readEventState(db, eventId)).toBe(await readSaleState(redis, eventId));
  });
});

describe('archiving an inventory', () => {
  it('needs the sequence number that was proven, and no held ticket', async () => {
    const event = await openTestEvent();
    const { eventId, venueId } = event;
    const { orderId } = await sell(event, rowSeats('A', 1));
    const held = await seats.hold({ eventId, venueId, request: rowSeats('B', 1, 2) });
    await setState(redis, eventId, wanted.closed);
    const archive = (provenUpTo: number) => setState(redis, eventId, { state: 'archived', provenUpTo });
    expect(await archive(1)).toEqual({ kind: 'busy', sequence: 1, held: 2 });
    if (held.kind === 'held') await seats.releaseHold({ eventId, holdId: held.holdId });
    expect(await archive(0)).toEqual({ kind: 'busy', sequence: 1, held: 0 });
    await seats.cancelOrder({ eventId, orderId, ticketIds: [] });
    expect(await archive(1)).toEqual({ kind: 'busy', sequence: 2, held: 0 });
    expect(await archive(2)).toEqual({ kind: 'changed' });
  });

  it('ends every decision about its seats: requests get a 503, and change nothing', async () => {
    const event = await openTestEvent();
    const { eventId } = event;
    const { orderId } = await sell(event, rowSeats('A', 1));
    await setState(redis, eventId, wanted.closed);
    await setState(redis, eventId, { state: 'archived', provenUpTo: 1 });
    const before = await redis.hgetall(countsKey(eventId));
    await expect(seats.cancelOrder({ eventId, orderId, ticketIds: [] })).rejects.toMatchObject({ code: 'INVENTORY_UNAVAILABLE' });
    await expect(sell(event, rowSeats('A', 2))).rejects.toMatchObject({ code: 'INVENTORY_UNAVAILABLE' });
    expect(await redis.hgetall(countsKey(eventId))).toEqual(before);
  });
});
