import { describe, expect, it } from 'vitest';
import { accepted, app } from '../../../scripts/testing/purchase-app.ts';
import { answerTo, expectReplay, refusal } from '../../../scripts/testing/refusal.ts';
import { hold, order, seats, withKey } from '../../../scripts/testing/requests.ts';
import { openTestEvent, seatedZone } from '../../../scripts/testing/stores.ts';
import { problem } from '../../shared/http/problems.ts';

const zones = [seatedZone(1, 3, 6), { zoneId: 2, capacity: 5, priceMinor: 2_050 }];
const [a1, a3, b1] = seats('A1', 'A3', 'B1');
const key = 'one-mixed-order-of-a-test';

describe.each([
  ['an order', order],
  ['a hold', hold],
])('%s of items', (_what, take) => {
  it('gets chosen seats, the best ones and standing places together, in the order of the items', async () => {
    const event = await openTestEvent({ zones });
    const taken = await accepted(take(event, { items: [{ zoneId: 2, quantity: 2 }, b1, { zoneId: 1, quantity: 3 }, a1] }));
    const places = (taken.tickets ?? taken.seats).map(({ zoneId, row, column }: Record<string, unknown>) => [
      zoneId,
      row,
      column,
    ]);
    expect(places).toEqual([
      [2, null, null],
      [2, null, null],
      [1, 'B', '1'],
      [1, 'A', '2'],
      [1, 'A', '3'],
      [1, 'A', '4'],
      [1, 'A', '1'],
    ]);
    expect(taken.totalPrice).toBe('541.00');
    expect(taken).not.toHaveProperty('adjacent');
  });

  it('never gets a place twice, however often it asks for the same zone', async () => {
    const event = await openTestEvent({ zones });
    const two = { zoneId: 1, quantity: 2 };
    const taken = await accepted(take(event, { items: [two, two, two, two] }));
    const names = (taken.tickets ?? taken.seats).map(({ row, column }: Record<string, string>) => `${row}${column}`);
    expect(new Set(names).size).toBe(8);
  });

  it('gets all of them or none: the error names the item that is at fault', async () => {
    const event = await openTestEvent({ zones });
    await accepted(order(event, [`A3`, 'C1']));
    const items = [{ zoneId: 2, quantity: 2 }, b1, a3, { zoneId: 1, quantity: 2 }, ...seats('C1')];
    expect(await refusal(take(event, { items }), 'SEAT_TAKEN')).toEqual(
      problem('SEAT_TAKEN', {
        errors: [
          { pointer: '#/items/2', detail: 'zone 1, row A, column 3: The seat is taken' },
          { pointer: '#/items/4', detail: 'zone 1, row C, column 1: The seat is taken' },
        ],
      }),
    );
    const tooMany = [b1, { zoneId: 2, quantity: 3 }, { zoneId: 2, quantity: 3 }];
    expect(await refusal(take(event, { items: tooMany }), 'SOLD_OUT')).toEqual(problem('SOLD_OUT', { detail: '2 left' }));
    const unknown = [b1, { zoneId: 3, quantity: 1 }, ...seats('9/A1')];
    const { errors } = await refusal(take(event, { items: unknown }), 'ZONE_NOT_FOUND');
    expect(errors).toEqual([
      { pointer: '#/items/1', detail: 'zone 3: The event has no such zone' },
      { pointer: '#/items/2', detail: 'zone 9, row A, column 1: The event has no such zone' },
    ]);
  });

  it.each<[string, object, { pointer: string; detail?: string }[]]>([
    ['an empty list', { items: [] }, [{ pointer: '#/items' }]],
    ['an empty item', { items: [a1, {}] }, [{ pointer: '#/items/1/zoneId' }]],
    ['a zone alone', { items: [{ zoneId: 1 }] }, [{ pointer: '#/items/0/quantity' }]],
    ['a seat without a column', { items: [{ zoneId: 1, row: 'A' }] }, [{ pointer: '#/items/0/column' }]],
    ['a seat with a quantity', { items: [a1, { ...b1, quantity: 1 }] }, [{ pointer: '#/items/1/quantity' }]],
    ['a seat twice', { items: [a1, b1, a1] }, [{ pointer: '#/items/2', detail: 'repeats zone 1, row A, column 1' }]],
    [
      'a type of best places',
      { items: [{ zoneId: 1, quantity: 1, ticketType: 'child' }] },
      [{ pointer: '#/items/0/ticketType' }],
    ],
    [
      'types that do not add up',
      { items: [{ zoneId: 1, quantity: 3, ticketTypes: { adult: 1, child: 1 } }] },
      [{ pointer: '#/items/0/ticketTypes', detail: 'must add up to quantity, which is 3, and not to 2' }],
    ],
    ['items beside seats', { items: [a1], seats: [b1] }, [{ pointer: '#/seats' }]],
    ['items beside a zone', { items: [a1], zoneId: 1, quantity: 1 }, [{ pointer: '#/zoneId' }, { pointer: '#/quantity' }]],
  ])('(%s) returns 400 with a pointer to each fault', async (_fault, body, expected) => {
    const event = await openTestEvent({ zones });
    const { errors } = await refusal(take(event, body), 'INVALID_REQUEST');
    expect(errors).toHaveLength(expected.length);
    for (const fault of expected) expect(errors).toContainEqual(expect.objectContaining(fault));
  });

  it('is replayed to the byte under its Idempotency-Key', async () => {
    const event = await openTestEvent({ zones });
    const request = withKey(take(event, { items: [a1, { zoneId: 1, quantity: 2 }, { zoneId: 2, quantity: 1 }] }), key);
    const first = await answerTo(request);
    expect(first.statusCode).toBe(201);
    await expectReplay(request, first);
    const another = withKey(take(event, { items: [a1, { zoneId: 1, quantity: 2 }] }), key);
    await refusal(another, 'IDEMPOTENCY_KEY_REUSED');
  });
});

it('gives the seats of 100 concurrent mixed orders to one buyer each, and leaves nothing half sold', async () => {
  const event = await openTestEvent({ zones: [seatedZone(1, 4, 10), { zoneId: 2, capacity: 30, priceMinor: 100 }] });
  const requests = Array.from({ length: 100 }, (_, at) =>
    order(event, {
      items: [...seats(`${'ABCD'[at % 4]}${(at % 10) + 1}`), { zoneId: 1, quantity: 2, split: true }, { zoneId: 2, quantity: 1 }],
    }),
  );
  const answers = await Promise.all(requests.map((request) => app.inject(request)));
  const sold = answers.filter(({ statusCode }) => statusCode === 201).flatMap((answer) => answer.json().tickets);
  const names = sold.filter(({ zoneId }) => zoneId === 1).map(({ row, column }) => `${row}${column}`);
  expect(new Set(names).size).toBe(names.length);
  expect(names.length).toBe(sold.filter(({ zoneId }) => zoneId === 2).length * 2 + sold.length / 4);
  for (const { statusCode } of answers) expect([201, 409]).toContain(statusCode);
});
