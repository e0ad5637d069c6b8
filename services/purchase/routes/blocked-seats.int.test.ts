import { describe, expect, it } from 'vitest';
import { hallZone } from '../../../scripts/testing/halls.ts';
import { openOwnInventory } from '../../../scripts/testing/offers.ts';
import { accepted, app } from '../../../scripts/testing/purchase-app.ts';
import { refusal } from '../../../scripts/testing/refusal.ts';
import { byOperator, cancel, hold, order, release, seats, takers } from '../../../scripts/testing/requests.ts';
import { redis } from '../../../scripts/testing/stores.ts';
import { blockSeats } from '../../shared/inventory/block-seats.ts';
import { countsKey } from '../../shared/inventory/keys.ts';

/** Two rows of five seats, of which three are blocked: "A2", "A3" and "B1". */
const open = () =>
  openOwnInventory({
    zones: [
      hallZone(1, { A: '1 2 3 _ 4 5', B: '1 2 3 4 5' }, [
        { row: 'A', column: 2 },
        { row: 'A', column: 3 },
        { row: 'B', column: 1 },
      ]),
    ],
  });
type Event = Awaited<ReturnType<typeof open>>;

async function countsOf({ eventId }: Event) {
  const counts = await redis.hgetall(countsKey(eventId));
  return Object.fromEntries(['blocked', 'held', 'sold'].map((word) => [word, Number(counts[`${word}:1`] ?? 0)]));
}
const block = (event: Event, isBlocked: boolean, ...names: string[]) =>
  blockSeats(
    redis,
    event.eventId,
    seats(...names).map((seat) => ({ ...seat, column: Number(seat.column) })),
    isBlocked,
  );
const namesOf = (taken: { tickets: { row: string; column: string }[] }) =>
  taken.tickets.map(({ row, column }) => `${row}${column}`);

describe.each(takers)('%s of a blocked seat', (_name, take) => {
  it('is told that it is taken, unless the operator sends it', async () => {
    const event = await open();
    const request = take(event, { seats: seats('A2') });
    await refusal(request, 'SEAT_TAKEN');
    await accepted(byOperator(request));
    await refusal(byOperator(request), 'SEAT_TAKEN');
    const { blocked, held = 0, sold = 0 } = await countsOf(event);
    expect([blocked, held + sold]).toEqual([2, 1]);
  });

  it('succeeds once it is freed, and a free seat can be blocked', async () => {
    const event = await open();
    expect(await block(event, false, 'A2', 'A1')).toEqual({ kind: 'blocked', count: 1 });
    await accepted(take(event, { seats: seats('A2') }));
    expect(await block(event, true, 'A3', 'B5')).toEqual({ kind: 'blocked', count: 1 });
    await refusal(take(event, { seats: seats('B5') }), 'SEAT_TAKEN');
  });
});

describe('the best seats', () => {
  it('are never blocked ones, not even for the operator, and too few are left without them', async () => {
    const event = await open();
    await refusal(order(event, { zoneId: 1, quantity: 5 }), 'NO_ADJACENT_SEATS');
    const sold = await accepted(byOperator(order(event, { zoneId: 1, quantity: 7, split: true })));
    expect(namesOf(sold).toSorted()).toEqual(['A1', 'A4', 'A5', 'B2', 'B3', 'B4', 'B5']);
    const { detail } = await refusal(byOperator(order(event, { zoneId: 1, quantity: 1 })), 'SOLD_OUT');
    expect(detail).toBe('0 left');
  });

  it('are the freed ones, too', async () => {
    const event = await open();
    await block(event, false, 'B1');
    expect(namesOf(await accepted(order(event, { zoneId: 1, quantity: 5 })))).toEqual(['B1', 'B2', 'B3', 'B4', 'B5']);
  });
});

it('a blocked seat that the operator sells or holds, and that is given back, is free for everybody', async () => {
  const event = await open();
  await accepted(cancel(await accepted(byOperator(order(event, ['A2'])))), 200);
  await accepted(release(await accepted(byOperator(hold(event, ['A3'])))), 204);
  await accepted(order(event, ['A2', 'A3']));
  expect(await countsOf(event)).toEqual({ blocked: 1, held: 0, sold: 2 });
});

it('a mixed order of the operator takes blocked seats beside others, all or none', async () => {
  const event = await open();
  await accepted(order(event, ['B2']));
  await refusal(byOperator(order(event, ['A2', 'B2'])), 'SEAT_TAKEN');
  expect(await countsOf(event)).toEqual({ blocked: 3, held: 0, sold: 1 });
  const sold = await accepted(byOperator(order(event, { items: [...seats('A2', 'A1'), { zoneId: 1, quantity: 2 }] })));
  expect(namesOf(sold).slice(0, 2)).toEqual(['A2', 'A1']);
  expect(await countsOf(event)).toEqual({ blocked: 2, held: 0, sold: 5 });
});

it('blocks all of some seats or none: sold and held ones cannot be blocked, and unknown ones are named', async () => {
  const event = await open();
  await accepted(order(event, ['A1']));
  await accepted(hold(event, ['B5']));
  expect(await block(event, true, 'A4', 'A1', 'B5')).toMatchObject({ code: 'SEAT_TAKEN', positions: [1, 2] });
  expect(await block(event, true, 'A4', 'A9', 'C1')).toMatchObject({ code: 'SEAT_NOT_FOUND', positions: [1, 2] });
  await accepted(order(event, ['A4']));
});

it('a seat that buyers and the organiser want at the same time is sold or blocked, never both', async () => {
  const event = await open();
  const names = ['A1', 'A4', 'A5', 'B2', 'B3', 'B4', 'B5'];
  const buying = names.map((name) => app.inject(order(event, [name])));
  const blocking = names.map((name) => block(event, true, name));
  const sold = (await Promise.all(buying)).filter(({ statusCode }) => statusCode === 201);
  const blocked = (await Promise.all(blocking)).filter(({ kind }) => kind === 'blocked');
  expect(sold.length + blocked.length).toBe(names.length);
  expect(await countsOf(event)).toEqual({ blocked: 3 + blocked.length, held: 0, sold: sold.length });
});
