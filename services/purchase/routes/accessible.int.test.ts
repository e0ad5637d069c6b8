import { describe, expect, it } from 'vitest';
import { hallZone } from '../../../scripts/testing/halls.ts';
import { openOwnInventory, withKinds } from '../../../scripts/testing/offers.ts';
import { accepted } from '../../../scripts/testing/purchase-app.ts';
import { refusal } from '../../../scripts/testing/refusal.ts';
import { hold, order } from '../../../scripts/testing/requests.ts';
import { seatedZone } from '../../../scripts/testing/stores.ts';

/** "w": wheelchair places, "c": companion places; in row A they are in the middle, where the best seats are. */
const hall = withKinds(hallZone(1, { A: '1 2 3 4 5 6 7', B: '1 2 3 4 5 6 7' }), { A: '..cwc..', B: 'wc.....' });
const open = () => openOwnInventory({ zones: [hall, { zoneId: 2, capacity: 5, priceMinor: 100 }, seatedZone(3, 2, 2)] });

type Place = { row: string; column: string };
const namesOf = ({ tickets = [], seats = [] }: { tickets?: Place[]; seats?: Place[] }) =>
  [...tickets, ...seats].map(({ row, column }) => `${row}${column}`);

describe('wheelchair and companion places', () => {
  it.each([
    ['an order', order],
    ['a hold', hold],
  ])('are never among the best seats of %s, even if nothing else is left', async (_what, take) => {
    const event = await open();
    const taken = namesOf(await accepted(take(event, { zoneId: 1, quantity: 9, split: true })));
    expect(taken.toSorted()).toEqual(['A1', 'A2', 'A6', 'A7', 'B3', 'B4', 'B5', 'B6', 'B7']);
    for (const split of [false, true]) {
      const { code } = await accepted(take(event, { zoneId: 1, quantity: 1, split }), 409);
      expect(['SOLD_OUT', 'NO_ADJACENT_SEATS']).toContain(code);
    }
  });

  it('come if the request asks for them: a wheelchair place, with companion places beside it', async () => {
    const event = await open();
    const first = namesOf(await accepted(order(event, { zoneId: 1, quantity: 2, accessible: true })));
    expect(first).toContain('A4');
    expect(first.filter((name) => name === 'A3' || name === 'A5')).toHaveLength(1);
    const second = namesOf(await accepted(order(event, { zoneId: 1, quantity: 2, accessible: true })));
    expect(second).toEqual(['B1', 'B2']);
    await accepted(order(event, { zoneId: 1, quantity: 1, accessible: true }), 409);
  });

  it('can be chosen by anybody who names them', async () => {
    const event = await open();
    expect(namesOf(await accepted(order(event, ['A4', 'A5'])))).toEqual(['A4', 'A5']);
  });

  it('do not exist in general admission; a zone without any has none left', async () => {
    const event = await open();
    await refusal(order(event, { zoneId: 2, quantity: 1, accessible: true }), 'SEAT_NOT_FOUND');
    await accepted(order(event, { zoneId: 3, quantity: 1, accessible: true }), 409);
  });

  it('mix with other items of one order', async () => {
    const event = await open();
    const items = [
      { zoneId: 1, quantity: 1, accessible: true },
      { zoneId: 1, quantity: 2 },
    ];
    const taken = namesOf(await accepted(order(event, { items })));
    expect(taken[0]).toBe('A4');
    expect(taken.slice(1).every((name) => !['A3', 'A5', 'B1', 'B2'].includes(name))).toBe(true);
  });
});
