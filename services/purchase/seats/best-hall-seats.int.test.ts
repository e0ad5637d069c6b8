import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { everyPlace, fewestGroups, nearest } from '../../../scripts/testing/brute-force.ts';
import { assertConserved } from '../../../scripts/testing/conservation.ts';
import { mutatedRedis } from '../../../scripts/testing/mutated-redis.ts';
import {
  categoryIds,
  type Hall,
  halls,
  inventoryOf,
  labelOf,
  nearestAccessible,
  type Place,
  placeOf,
} from '../../../scripts/testing/random-halls.ts';
import { redis } from '../../../scripts/testing/stores.ts';
import { blockSeats } from '../../shared/inventory/block-seats.ts';
import { takenKey } from '../../shared/inventory/keys.ts';
import { openInventory } from '../../shared/inventory/open-inventory.ts';
import type { OrderInRedis } from '../../shared/inventory/order.ts';
import { createSeats } from './create-seats.ts';

type Best = {
  kind: 'best';
  quantity: number;
  split: boolean;
  category: number | undefined;
  sameCategory: boolean;
  accessible: boolean;
};
type Block = { kind: 'block' | 'free'; at: number; count: number };
type Step = Best | Block | { kind: 'cancel'; at: number };
const best: fc.Arbitrary<Best> = fc.record({
  kind: fc.constant('best' as const),
  quantity: fc.oneof({ weight: 3, arbitrary: fc.integer({ min: 1, max: 6 }) }, fc.integer({ min: 1, max: 50 })),
  split: fc.boolean(),
  category: fc.constantFrom(undefined, undefined, 0, 1, 2),
  sameCategory: fc.boolean(),
  accessible: fc.nat({ max: 5 }).map((number) => number === 1),
});
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: best },
    {
      weight: 2,
      arbitrary: fc.record({
        kind: fc.constantFrom('block' as const, 'free' as const),
        at: fc.nat(240),
        count: fc.integer({ min: 1, max: 9 }),
      }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('cancel' as const), at: fc.nat(99) }) },
  ),
  { minLength: 5, maxLength: 25, size: 'max' },
);

/** A hall on sale, and which of its positions are taken, as this test knows it without Redis' bitmaps. */
async function openHall(hall: Hall, client: typeof redis) {
  const inventory = inventoryOf(hall);
  await openInventory(client, inventory);
  const taken = hall.rows.map((row) => row.map(({ is }) => is === '_'));
  return {
    ...hall,
    inventory,
    taken,
    blocked: new Set<string>(),
    sold: [] as OrderInRedis[],
    client,
    seats: createSeats({ redis: client }),
  };
}
type Opened = Awaited<ReturnType<typeof openHall>>;

const set = ({ taken }: Opened, { row, column }: Place, isTaken: boolean) => {
  const list = taken[row - 1];
  if (list) list[column - 1] = isTaken;
};

/** Compares one request for the best seats with a brute-force search of the seats as they were before it. */
async function checkBest(hall: Opened, { quantity, split, category, sameCategory, accessible }: Best): Promise<void> {
  const { rows, taken, focus, inventory } = hall;
  const named = category === undefined ? undefined : categoryIds[category];
  const request = { zoneId: 1, quantity, split, ...(named !== undefined && { category: named }), sameCategory, accessible };
  const outcome = await hall.seats.sell({ eventId: inventory.eventId, request });
  const expectRefusal = (code: string, detail?: string) =>
    expect(outcome).toMatchObject({ kind: 'refused', code, ...(detail !== undefined && { detail }) });
  if (category !== undefined && category >= hall.categories) return expectRefusal('CATEGORY_NOT_FOUND');
  const free = taken.flat().filter((isTaken) => !isTaken).length;
  if (free < quantity) return expectRefusal('SOLD_OUT', `${free} left`);

  const all = Array.from({ length: hall.categories }, (_, index) => index);
  const lists = category !== undefined ? [[category]] : sameCategory ? all.map((index) => [index]) : [all];
  const otherwise = category === undefined && sameCategory ? [all] : [];
  /** Which positions a search may not choose. */
  const hidden = (list: number[]) =>
    taken.map((row, at) =>
      row.map((isTaken, column) => {
        const { is = '_', category: own = 0 } = rows[at]?.[column] ?? {};
        return isTaken || (is === 'w' || is === 'c') !== accessible || !list.includes(own);
      }),
    );
  const places = (list: number[]) => {
    const every = everyPlace(hidden(list), quantity, focus);
    return accessible ? nearestAccessible(hall, every, quantity) : nearest(every);
  };
  const found = outcome.kind === 'sold' ? outcome.order.tickets.map(placeOf) : [];
  const expectOneOf = (groups: { row: number; first: number }[]) => {
    const [first] = found;
    expect(groups).toContainEqual(expect.objectContaining({ row: first?.row, first: first?.column }));
    expect(found).toEqual(Array.from({ length: quantity }, (_, at) => ({ row: first?.row, column: (first?.column ?? 0) + at })));
  };
  const together = lists.map(places).filter((list) => list.length > 0);
  const least = Math.min(...together.map(([one]) => one?.distance ?? 0));
  if (together.length > 0) expectOneOf(together.filter(([one]) => one?.distance === least).flat());
  else if (otherwise.flatMap(places).length > 0) expectOneOf(otherwise.flatMap(places));
  else if (!split || accessible) return expectRefusal('NO_ADJACENT_SEATS');
  else {
    const enough = [...otherwise, ...(otherwise.length > 0 ? [] : lists)].find(
      (list) =>
        hidden(list)
          .flat()
          .filter((isHidden) => !isHidden).length >= quantity,
    );
    if (!enough) return expectRefusal('SOLD_OUT', '0 left');
    const isHidden = hidden(enough);
    expect(new Set(found.map(({ row, column }) => `${row}/${column}`)).size).toBe(quantity);
    for (const { row, column } of found) expect(isHidden[row - 1]?.[column - 1]).toBe(false);
    const groups = found.filter(
      ({ row, column }, at) => row !== found[at - 1]?.row || column !== (found[at - 1]?.column ?? 0) + 1,
    );
    expect(groups).toHaveLength(fewestGroups(isHidden, quantity));
    expect(outcome).toMatchObject({ groups: groups.length });
  }
  for (const place of found) set(hall, place, true);
  if (outcome.kind === 'sold') hall.sold.push(outcome.order);
}

/** Blocks or frees seats: some of the hall's seats that follow each other. */
async function block(hall: Opened, { kind, at, count }: Block): Promise<void> {
  const all = hall.rows.flatMap((row, number) =>
    row.flatMap(({ is }, column) => (is === '_' ? [] : [{ row: number + 1, column: column + 1 }])),
  );
  const chosen = all.slice(at % (all.length || 1)).slice(0, count);
  const nameOf = ({ row, column }: Place) => `${row}/${column}`;
  const isSold = (place: Place) => hall.taken[place.row - 1]?.[place.column - 1] === true && !hall.blocked.has(nameOf(place));
  const labels = chosen.map(({ row, column }) => ({ zoneId: 1, row: `Row ${row}`, column: labelOf(column) }));
  const outcome = await blockSeats(hall.client, hall.inventory.eventId, labels, kind === 'block');
  if (kind === 'block' && chosen.some(isSold)) return expect(outcome).toMatchObject({ code: 'SEAT_TAKEN' });
  expect(outcome.kind).toBe('blocked');
  for (const place of chosen) {
    if (kind === 'free' && !hall.blocked.has(nameOf(place))) continue;
    set(hall, place, kind === 'block');
    if (kind === 'block') hall.blocked.add(nameOf(place));
    else hall.blocked.delete(nameOf(place));
  }
}

async function takeStep(hall: Opened, step: Step): Promise<void> {
  if (step.kind === 'best') return await checkBest(hall, step);
  if (step.kind !== 'cancel') return await block(hall, step);
  const [order] = hall.sold.splice(step.at % Math.max(1, hall.sold.length), 1);
  if (!order) return;
  await hall.seats.cancelOrder({ eventId: hall.inventory.eventId, orderId: order.orderId, ticketIds: [] });
  for (const ticket of order.tickets) set(hall, placeOf(ticket), false);
}

/** Returns how many searches were compared. */
async function compare(
  client: typeof redis,
  options: { numRuns: number; endOnFailure?: true },
  afterOpening: (hall: Opened) => Promise<void> = async () => {},
): Promise<number> {
  let checked = 0;
  const property = fc.asyncProperty(halls, steps, async (drawn, list) => {
    const hall = await openHall(drawn, client);
    await afterOpening(hall);
    for (const step of list) {
      await takeStep(hall, step);
      if (step.kind === 'best') checked++;
    }
    await assertConserved(redis, hall.inventory.eventId);
  });
  await fc.assert(property, options);
  return checked;
}

describe('the best seats of a hall', () => {
  it('are neither gaps nor blocked, wheelchair places only for who asks, and the best that brute force finds', async () => {
    expect(await compare(redis, { numRuns: 150 })).toBeGreaterThan(1_000);
  });

  it.each([
    ['its masks are ignored', "if mask ~= '' then byte", 'if false then byte'],
    ['wheelchair places may be without one', "string.find(string.sub(kinds, offset + 1, offset + quantity), 'w') ~= nil", 'true'],
    [
      'a blocked seat is not taken',
      "if bit and (before == 'free' or to == 'free') then",
      "if bit and to ~= 'blocked' and (before == 'free' or to == 'free') then",
    ],
    ['it takes the furthest category', 'or distance < least) then', 'or distance > least) then'],
  ])('are not found when %s (positive control)', async (_what, from, to) => {
    const mutated = mutatedRedis(redis, from, to);
    const failure = await compare(mutated.redis, { numRuns: 500, endOnFailure: true }).catch((error) => error);
    mutated.expectMutated();
    expect(failure?.cause?.message).toMatch(/^expected|does not add up/);
  });

  it('are not found when gaps look free (positive control)', async () => {
    const clearGaps = async ({ inventory: { eventId } }: Opened) => void (await redis.del(takenKey(eventId)));
    const failure = await compare(redis, { numRuns: 500, endOnFailure: true }, clearGaps).catch((error) => error);
    expect(failure?.cause?.message).toMatch(/^expected|does not add up/);
  });
});
