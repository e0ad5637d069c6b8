import { describe, expect, it } from 'vitest';
import { refusal } from '../../../scripts/testing/refusal.ts';
import { post, seats } from '../../../scripts/testing/requests.ts';
import { openTestEvent, seatedZone } from '../../../scripts/testing/stores.ts';
import type { ProblemCode } from '../../shared/http/problems.ts';

const { eventId } = await openTestEvent({ zones: [seatedZone(1, 26, 30), { zoneId: 2, capacity: 5, priceMinor: 100 }] });
const chosen = { eventId, seats: seats('A1', 'B2') };
const best = { eventId, zoneId: 1, quantity: 2 };

type Faults = { pointer: string; detail: string }[];
const pointersOf = (errors: Faults) => errors.map(({ pointer }) => pointer).toSorted();

const names = ['', '\0', ' A', 'A ', '🎟️', '{A}', '../A', 'é', 'x'.repeat(65), null, true, 1, ['A'], {}];
const noLines = ['', '\0', ' A', 'A ', 'A\nB', 'A\u2028B', '\ud800', 'x'.repeat(129), null, true, 1, ['A'], {}];
const wrong = {
  eventId: names,
  venueId: names,
  buyerId: noLines,
  promotion: [...names.filter((name) => name !== 'x'.repeat(65)), 'x'.repeat(33)],
  zoneId: [0, -1, 1.5, 100_001, 1e21, '1', '', null, true, [1], {}],
  quantity: [0, -1, 51, 1.5, 1e21, '2', '', null, true, [1], {}],
  split: ['true', '', 0, 1, null, [], {}],
};
const faults = Object.entries(wrong).flatMap(([field, values]) => values.map((value) => [field, value] as const));

const wrongSeats: [string, unknown, string[]][] = [
  ['no seats', [], ['#/seats']],
  ['51 seats', seats(...Array.from({ length: 51 }, (_, at) => `A${at + 1}`)), ['#/seats']],
  ['null', null, ['#/seats']],
  ['a string', 'A1', ['#/seats']],
  ['one seat without a list', seats('A1')[0], ['#/seats']],
  ['a string in the list', ['A1'], ['#/seats/0']],
  ['null in the list', [...seats('A1'), null], ['#/seats/1']],
  ['a seat without its row', [...seats('A1'), { zoneId: 1, column: 1 }], ['#/seats/1/row']],
  ['an empty seat', [{}], ['#/seats/0/column', '#/seats/0/row', '#/seats/0/zoneId']],
  ['a seat with a price', [{ ...seats('A1')[0], price: 1 }], ['#/seats/0/price']],
  ['a column with a space', [...seats('A1', 'A2'), { zoneId: 1, row: 'A', column: ' 1' }], ['#/seats/2/column']],
  [
    'row 1, zone "1" and column 0',
    [{ zoneId: '1', row: 1, column: 0 }],
    ['#/seats/0/column', '#/seats/0/row', '#/seats/0/zoneId'],
  ],
  [
    'faults in two seats',
    [{ zoneId: 1, row: 'A', column: '' }, ...seats('A1', `${'A'.repeat(11)}1`)],
    ['#/seats/0/column', '#/seats/2/row'],
  ],
];

describe.each(['orders', 'holds'])('POST /%s with an invalid body', (path) => {
  const faultsOf = async (body: unknown): Promise<Faults> => (await refusal(post(path, body), 'INVALID_REQUEST')).errors;

  it.each(faults)('(%s %j) returns 400 with a pointer to that field alone', async (field, value) => {
    const errors = await faultsOf({ ...best, [field]: value });
    expect(errors).toEqual([{ pointer: `#/${field}`, detail: expect.stringMatching(/^must /) }]);
  });

  it.each(wrongSeats)('(%s) returns 400 with a pointer to each fault', async (_what, list, pointers) => {
    expect(pointersOf(await faultsOf({ eventId, seats: list }))).toEqual(pointers);
  });

  it('(no event, an unknown field) returns 400 with a pointer to each', async () => {
    const errors = await faultsOf({ ...chosen, eventId: undefined, price: 1 });
    expect(errors).toHaveLength(2);
    expect(errors).toContainEqual({ pointer: '#/eventId', detail: 'is missing' });
    expect(errors).toContainEqual({ pointer: '#/price', detail: 'is not a known field' });
  });

  it.each<[object, string[]]>([
    [{ zoneId: 1, quantity: 2 }, ['#/quantity', '#/zoneId']],
    [{ zoneId: 1, quantity: 2, split: true }, ['#/quantity', '#/split', '#/zoneId']],
    [{ split: false }, ['#/split']],
  ])('(chosen seats, and %j) returns 400 with a pointer to each field that does not go with them', async (more, pointers) => {
    const errors = await faultsOf({ ...chosen, ...more });
    expect(pointersOf(errors)).toEqual(pointers);
    for (const { detail } of errors) expect(detail).toBe('must be left out when seats are given');
  });

  it.each<[object, string]>([
    [{}, '#/seats'],
    [{ split: true }, '#/seats'],
    [{ zoneId: 1 }, '#/quantity'],
    [{ zoneId: 1, split: true }, '#/quantity'],
    [{ quantity: 2 }, '#/zoneId'],
  ])(
    '(neither seats nor both zoneId and quantity: %j) returns 400 with a pointer to the missing field',
    async (wish, pointer) => {
      expect(await faultsOf({ eventId, ...wish })).toEqual([
        { pointer, detail: 'is missing: send either seats, or zoneId and quantity' },
      ]);
    },
  );

  it('(a seat twice, by any of its names) returns 400 with a pointer to each repetition', async () => {
    const [seat = {}] = seats('a1');
    const list = [...seats('A1', '2/A1', 'a1', 'A11'), { ...seat, column: 1 }, ...seats('AA1', '2/a1')];
    expect(await faultsOf({ eventId, seats: list })).toEqual([
      { pointer: '#/seats/2', detail: 'repeats zone 1, row A, column 1' },
      { pointer: '#/seats/4', detail: 'repeats zone 1, row A, column 1' },
      { pointer: '#/seats/6', detail: 'repeats zone 2, row A, column 1' },
    ]);
  });

  it.each(['null', '[]', '1', '"A1"'])('(%s) is refused as a whole', async (body) => {
    expect(await faultsOf(body)).toContainEqual({ pointer: '#', detail: 'must be an object' });
  });

  const json = JSON.stringify(chosen);
  it.each<[string, string | undefined, string, ProblemCode]>([
    ['truncated', json.slice(0, -1), 'application/json', 'INVALID_REQUEST'],
    ['empty', '', 'application/json', 'INVALID_REQUEST'],
    ['a form', 'eventId=Event1&zoneId=1&quantity=2', 'application/x-www-form-urlencoded', 'UNSUPPORTED_MEDIA_TYPE'],
    ['JSON sent as text', json, 'text/plain', 'UNSUPPORTED_MEDIA_TYPE'],
    ['too large', json.padEnd(16 * 1024 + 1), 'application/json', 'PAYLOAD_TOO_LARGE'],
  ])('(%s) is refused', async (_what, body, contentType, code) => {
    await refusal(post(path, body, { 'content-type': contentType }), code);
  });

  it('(none at all) is refused', async () => {
    await refusal(post(path), 'INVALID_REQUEST');
  });
});
