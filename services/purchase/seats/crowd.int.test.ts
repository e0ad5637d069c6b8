import { describe, expect, it, vi } from 'vitest';
import { assertConserved } from '../../../scripts/testing/conservation.ts';
import { patiently } from '../../../scripts/testing/patiently.ts';
import { purchaseOf } from '../../../scripts/testing/seats.ts';
import { connectPatiently, openTestEvent, seatedZone } from '../../../scripts/testing/stores.ts';
import type { Held, Refusal, Sold } from '../../shared/inventory/decisions.ts';
import { type Inventory, readInventory } from '../../shared/inventory/inventory.ts';
import { deadlinesKey } from '../../shared/inventory/keys.ts';
import { createSeats } from './create-seats.ts';

/** A crowd may wait longer for its turn than a buyer would: these tests check what it gets, not how fast. */
const redis = await connectPatiently(60_000);
const seats = createSeats({ redis });

const best = ({ eventId }: Inventory, quantity: number, split = false) => ({ eventId, request: { zoneId: 1, quantity, split } });

const atOnce = <T>(count: number, work: () => Promise<T>) => Promise.all(Array.from({ length: count }, () => patiently(work)));

const kindsOf = (outcomes: (Sold | Held | Refusal)[]) =>
  Object.fromEntries(
    Object.entries(Object.groupBy(outcomes, ({ kind }) => kind)).map(([kind, list = []]) => [kind, list.length]),
  );

async function redisTimeMs(): Promise<number> {
  const [seconds = 0, micros = 0] = (await redis.time()).map(Number);
  return seconds * 1_000 + micros / 1_000;
}

describe('a crowd', () => {
  it.each([
    ['40 × 100', 40, 100],
    ['50 × 80', 50, 80],
    ['16 × 250, which fours do not divide, in the fewest groups', 16, 250],
  ])('of 1,000 concurrent groups of 4 fills 4,000 seats completely: %s', async (_what, rows, columns) => {
    const event = await openTestEvent({ zones: [seatedZone(1, rows, columns)] });
    const outcomes = await atOnce(1_000, () => seats.sell(best(event, 4, columns % 4 > 0)));
    expect(kindsOf(outcomes)).toEqual({ sold: 1_000 });
    const tickets = outcomes.flatMap((outcome) => (outcome.kind === 'sold' ? outcome.order.tickets : []));
    expect(new Set(tickets.map(({ row, column }) => `${row}${column}`)).size).toBe(4_000);
    expect(await seats.sell(best(event, 1))).toMatchObject({ code: 'SOLD_OUT', detail: '0 left' });
    await assertConserved(redis, event.eventId);
  });

  it('that wants more places than general admission has gets each place once', async () => {
    const event = await openTestEvent({ zones: [{ zoneId: 1, capacity: 1_000, priceMinor: 100 }] });
    const outcomes = await atOnce(400, () => seats.sell(best(event, 3)));
    expect(kindsOf(outcomes)).toEqual({ sold: 333, refused: 67 });
    expect(await seats.sell(best(event, 1))).toMatchObject({ kind: 'sold' });
    await assertConserved(redis, event.eventId);
  });

  it('buys every seat that 500 buyers held and abandoned, at the first attempt, once the holds have expired', async () => {
    const event = await openTestEvent({ zones: [seatedZone(1, 50, 40)], holdMs: 1_500 });
    const holds = await atOnce(500, () => seats.hold(best(event, 4)));
    expect(kindsOf(holds)).toEqual({ held: 500 });
    expect(await seats.sell(best(event, 1))).toMatchObject({ code: 'SOLD_OUT', detail: '0 left' });
    await assertConserved(redis, event.eventId);

    const last = Math.max(...holds.map((hold) => (hold.kind === 'held' ? hold.heldUntilMs : 0)));
    await vi.waitFor(async () => expect(await redisTimeMs()).toBeGreaterThan(last), { timeout: 100_000, interval: 20 });
    // Nothing has swept them: each buyer's own call ends the holds that are in its way.
    expect((await readInventory(redis, event.eventId))?.held.get(1)).toBe(2_000);
    const outcomes = await atOnce(500, () => seats.sell(best(event, 4)));
    expect(kindsOf(outcomes)).toEqual({ sold: 500 });
    await assertConserved(redis, event.eventId);
  });

  it('of overdue holds does not keep a buyer from the seat that the last of them had', async () => {
    const event = await openTestEvent();
    const holds = await atOnce(100, () => seats.hold(best(event, 1)));
    for (const [at, hold] of holds.entries()) {
      if (hold.kind === 'held') await redis.zadd(deadlinesKey(event.eventId), 'XX', at + 1, hold.holdId);
    }
    const last = holds.at(-1);
    const [seat] = last?.kind === 'held' ? last.order.tickets : [];
    expect(await seats.sell(purchaseOf(event, { row: seat?.row ?? '', column: seat?.column ?? 0 }))).toMatchObject({
      kind: 'sold',
    });
    await assertConserved(redis, event.eventId);
  });
});
