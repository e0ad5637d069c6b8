import { describe, expect, it } from 'vitest';
import { domainEvents } from '../../../scripts/testing/domain-events.ts';
import { hallZone } from '../../../scripts/testing/halls.ts';
import { openOwnInventory } from '../../../scripts/testing/offers.ts';
import { accepted } from '../../../scripts/testing/purchase-app.ts';
import { refusal } from '../../../scripts/testing/refusal.ts';
import { cancel, order, takers } from '../../../scripts/testing/requests.ts';

const hall = hallZone(1, { '1 ': '2 4 6 _ 5 3 1', 'Loge 3': '1 12A 012 _ _ é', B: '20 19 18' });
const open = () => openOwnInventory({ zones: [hall] });

describe.each(takers)('%s in a hall', (_name, take) => {
  it.each([
    ['1', '6'],
    ['1', 6],
    ['Loge 3', '12A'],
    ['Loge 3', '012'],
    ['Loge 3', 'é'],
    ['B', '18'],
  ])('names a seat by the labels on its row and chair: row %s, seat %s', async (row, column) => {
    const event = await open();
    const request = take(event, { seats: [{ zoneId: 1, row, column: column as string }] });
    const taken = await accepted(request);
    const [place] = taken.tickets ?? taken.seats ?? [taken];
    expect(place).toMatchObject({ row, column: String(column) });
    await refusal(request, 'SEAT_TAKEN');
  });

  it.each([
    ['1', '_'],
    ['1', '7'],
    ['1', '012'],
    ['A', '2'],
    ['loge 3', '1'],
    ['Loge 3', '12'],
    ['Loge 3', '12a'],
    ['Loge 3', '12B'],
    ['Loge 4', '1'],
    ['B', '1'],
  ])('knows no other: row %s, seat %s is 404', async (row, column) => {
    await refusal(take(await open(), { seats: [{ zoneId: 1, row, column }] }), 'SEAT_NOT_FOUND');
  });

  it('accepts a row of letters in either case, and answers with the label as it is', async () => {
    const taken = await accepted(take(await open(), { seats: [{ zoneId: 1, row: 'b', column: '20' }] }));
    const [place] = taken.tickets ?? taken.seats ?? [taken];
    expect(place).toMatchObject({ row: 'B', column: '20' });
  });
});

it('a domain event has a label that is a number as a number, and any other as text', async () => {
  const event = await open();
  const wanted = ['1', '12A', '012'].map((column) => ({ zoneId: 1, row: 'Loge 3', column }));
  const sold = await accepted(order(event, { seats: wanted }));
  const [{ data } = { data: { tickets: [] } }] = await domainEvents(event);
  expect(data.tickets.map(({ row, column }: { row: string; column: unknown }) => [row, column])).toEqual([
    ['Loge 3', 1],
    ['Loge 3', '12A'],
    ['Loge 3', '012'],
  ]);
  await accepted(cancel(sold), 200);
  await accepted(order(event, { seats: wanted }));
});

it('the best seats are labelled likewise, and never reach over a gap', async () => {
  const event = await open();
  const sold = await accepted(order(event, { zoneId: 1, quantity: 3 }));
  expect(sold.tickets.map(({ row, column }: Record<string, string>) => `${row}/${column}`)).toEqual(['1/2', '1/4', '1/6']);
  await refusal(order(event, { zoneId: 1, quantity: 4 }), 'NO_ADJACENT_SEATS');
});

it('a seat is named twice if its labels are equal, however they are written', async () => {
  const event = await open();
  const twice = [
    { zoneId: 1, row: 'B', column: '20' },
    { zoneId: 1, row: 'b', column: 20 },
  ];
  const { errors } = await refusal(order(event, { seats: twice }), 'INVALID_REQUEST');
  expect(errors).toEqual([{ pointer: '#/seats/1', detail: 'repeats zone 1, row B, column 20' }]);
});
