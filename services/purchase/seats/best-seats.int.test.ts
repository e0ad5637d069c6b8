import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { everyPlace, fewestGroups, nearest } from '../../../scripts/testing/brute-force.ts';
import { assertConserved } from '../../../scripts/testing/conservation.ts';
import { commandsDuring } from '../../../scripts/testing/monitor.ts';
import { purchaseOf, seats } from '../../../scripts/testing/seats.ts';
import { redis, seatedZone, unique } from '../../../scripts/testing/stores.ts';
import type { Inventory } from '../../shared/inventory/inventory.ts';
import { inventoryKey, takenKey } from '../../shared/inventory/keys.ts';
import { openInventory } from '../../shared/inventory/open-inventory.ts';
import { bytesPerRow, type Grid } from '../../shared/inventory/zone-layout.ts';
import { rowLabel, rowNumber } from '../../shared/terms/row-label.ts';

type Step = { kind: 'best'; quantity: number; split: boolean } | { kind: 'seat' | 'cancel'; at: number };

async function openGrid(grid: Grid): Promise<Inventory> {
  const zones = [{ ...seatedZone(1, grid.rows, grid.columns), grid }];
  const event = { eventId: unique('event'), venueId: 'V', currency: 'USD', onSaleAtMs: 0, holdMs: 1_000, zones };
  await openInventory(redis, event);
  return event;
}

/** Which seats are taken according to the bitmap: rows of columns. */
async function takenIn(event: Inventory, { rows, columns }: Grid): Promise<boolean[][]> {
  const bytes = (await redis.getBuffer(takenKey(event.eventId))) ?? Buffer.alloc(0);
  const bit = (row: number, column: number) =>
    (((bytes[row * bytesPerRow(columns) + (column >> 3)] ?? 0) >> (7 - (column & 7))) & 1) === 1;
  return Array.from({ length: rows }, (_r, row) => Array.from({ length: columns }, (_c, column) => bit(row, column)));
}

const steps = fc.array(
  fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({ kind: fc.constant('best' as const), quantity: fc.integer({ min: 1, max: 6 }), split: fc.boolean() }),
    },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('seat' as const), at: fc.nat(99) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('cancel' as const), at: fc.nat(99) }) },
  ),
  { minLength: 5, maxLength: 40, size: 'max' },
);

const grids = fc
  .record({ rows: fc.integer({ min: 1, max: 4 }), columns: fc.integer({ min: 1, max: 18 }) })
  .chain(({ rows, columns }) =>
    fc.record({
      rows: fc.constant(rows),
      columns: fc.constant(columns),
      focus: fc.record({
        row: fc.integer({ min: 1, max: rows }),
        column: fc.integer({ min: 2, max: 2 * columns }).map((halves) => halves / 2),
      }),
    }),
  );

/** Compares one request for the best seats with a brute-force search of the seats as they were before it. */
async function checkBest(event: Inventory, grid: Grid, { quantity, split }: { quantity: number; split: boolean }) {
  const taken = await takenIn(event, grid);
  const outcome = await seats.sell({ eventId: event.eventId, request: { zoneId: 1, quantity, split } });
  const free = taken.flat().filter((isTaken) => !isTaken).length;
  const places = everyPlace(taken, quantity, grid.focus);
  if (free < quantity) return expect(outcome).toMatchObject({ code: 'SOLD_OUT', detail: `${free} left` });
  if (places.length === 0 && !split) return expect(outcome).toMatchObject({ code: 'NO_ADJACENT_SEATS' });
  if (outcome.kind !== 'sold') throw new Error(`refused: ${outcome.code}`);

  const found = outcome.order.tickets.map(({ row = '', column = 0 }) => ({ row: rowNumber(row), column: Number(column) }));
  expect(new Set(found.map(({ row, column }) => `${row}/${column}`)).size).toBe(quantity);
  for (const { row, column } of found) expect(taken[row - 1]?.[column - 1]).toBe(false);
  const groups = found.filter(({ row, column }, at) => row !== found[at - 1]?.row || column !== (found[at - 1]?.column ?? 0) + 1);
  expect(groups).toHaveLength(fewestGroups(taken, quantity));
  if (groups.length > 1) return undefined;

  return expect(nearest(places)).toContainEqual(expect.objectContaining({ row: found[0]?.row, first: found[0]?.column }));
}

describe('the best seats', () => {
  it('are free, side by side or in the fewest groups, nearest to the focus, and leave no avoidable single seat', async () => {
    let checked = 0;
    await fc.assert(
      fc.asyncProperty(grids, steps, async (grid, list: Step[]) => {
        const event = await openGrid(grid);
        const sold: string[] = [];
        for (const step of list) {
          if (step.kind === 'best') {
            await checkBest(event, grid, step);
            checked++;
          } else if (step.kind === 'seat') {
            const seat = step.at % (grid.rows * grid.columns);
            const row = rowLabel(Math.floor(seat / grid.columns) + 1);
            const outcome = await seats.sell(purchaseOf(event, { row, column: (seat % grid.columns) + 1 }));
            if (outcome.kind === 'sold') sold.push(outcome.order.orderId);
          } else {
            const [orderId] = sold.splice(step.at % Math.max(1, sold.length), 1);
            if (orderId) await seats.cancelOrder({ eventId: event.eventId, orderId, ticketIds: [] });
          }
        }
        await assertConserved(redis, event.eventId);
      }),
      { numRuns: 150 },
    );
    expect(checked).toBeGreaterThan(1_000);
  });

  it('are found with bounded work in 200 rows × 100 columns of which 1 % is free', async () => {
    const grid = { rows: 200, columns: 100, focus: { row: 100, column: 50 } };
    const event = await openGrid(grid);
    const random = fc.sample(fc.array(fc.nat(99), { minLength: 20_000, maxLength: 20_000 }), { seed: 7, numRuns: 1 })[0] ?? [];
    const width = bytesPerRow(100);
    const bitmap = Buffer.alloc(200 * width);
    for (const [seat, chance] of random.entries()) {
      const [row, column] = [Math.floor(seat / 100), seat % 100];
      const at = row * width + (column >> 3);
      if (chance > 0) bitmap[at] = (bitmap[at] ?? 0) | (128 >> (column & 7));
    }
    await redis.set(takenKey(event.eventId), bitmap);
    for (const quantity of [1, 2, 3, 4, 2, 1, 10]) {
      const taken = await takenIn(event, grid);
      let outcome: { kind: string } | undefined;
      const commands = await commandsDuring(
        event.eventId,
        async () => {
          outcome = await seats.sell({ eventId: event.eventId, request: { zoneId: 1, quantity, split: false } });
        },
        'scripts',
      );
      // Every script starts by reading the inventory.
      const scripts = commands.filter(([name, key]) => name === 'HMGET' && key === inventoryKey(event.eventId)).length;
      const reads = commands.filter(([name]) => name === 'GETRANGE').length;
      // The header of take-seats.lua promises at most 8,192 seats and one row for each call, besides two bytes for each row.
      expect(reads).toBeLessThanOrEqual(scripts * (Math.ceil(8_192 / 100) + 1 + 1));
      expect(outcome?.kind).toBe(everyPlace(taken, quantity, grid.focus).length > 0 ? 'sold' : 'refused');
    }
  });
});
