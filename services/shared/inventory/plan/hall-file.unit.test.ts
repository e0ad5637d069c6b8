import { describe, expect, it } from 'vitest';
import { parseEventFile } from './event-file.ts';

const categories = [
  { categoryId: 'A', price: '50' },
  { categoryId: 'B', price: '30' },
  { categoryId: 'C', price: '20' },
];
const event = { eventId: 'E', name: 'An event', onSaleAt: '2026-05-01T10:00:00Z', currency: 'EUR' };

const parse = (zones: object[]) =>
  parseEventFile(JSON.stringify({ venue: { venueId: 'V', name: 'A venue' }, event, categories, zones }), Date.UTC(2026, 4, 1));
const hall = (rows: object[], others: object = { category: 'B' }) => parse([{ zoneId: 1, rows, ...others }]);
const zoneOf = (rows: object[], others?: object) => hall(rows, others).inventory.zones[0];
const drawingOf = (rows: object[], others?: object) => hall(rows, others).drawings?.get(1);

describe('a zone with a list of rows', () => {
  it('has labels at positions: short rows are padded with gaps to the middle, or to one side', () => {
    const rows = [
      { row: '1', seats: '1-2' },
      { row: '2', seats: '5-1' },
      { row: 'Loge 3', seats: ['1', '12A', null, 'a b'] },
    ];
    expect(zoneOf(rows)).toEqual({
      zoneId: 1,
      grid: { rows: 3, columns: 5, focus: { row: 1, column: 2.5 } },
      rows: [
        { label: '1', seats: ['', 1, 2, '', ''] },
        { label: '2', seats: [5, 4, 3, 2, 1] },
        { label: 'Loge 3', seats: [1, '12A', '', 'a b', ''] },
      ],
      capacity: 10,
      categories: ['B'],
    });
    const seatsOf = (align: string) => zoneOf(rows, { category: 'B', align })?.rows?.[0]?.seats;
    expect(seatsOf('left')).toEqual([1, 2, '', '', '']);
    expect(seatsOf('right')).toEqual(['', '', '', 1, 2]);
    expect(zoneOf(rows, { price: '9.50' })).toMatchObject({ priceMinor: 950, capacity: 10 });
    expect(zoneOf(rows, { price: '9.50' })).not.toHaveProperty('categories');
  });

  it('may have many rows with the same seats, and may be one of a range of zones', () => {
    const { inventory, zoneNames } = parse([
      { zoneId: 4, throughZoneId: 6, category: 'A', rows: [{ rows: 'A-C J', seats: '20-19 _2 01' }] },
    ]);
    expect(inventory.zones.map(({ zoneId }) => zoneId)).toEqual([4, 5, 6]);
    expect([...zoneNames.values()]).toEqual(['Zone 4', 'Zone 5', 'Zone 6']);
    const seats = [20, 19, '', '', '01'];
    expect(inventory.zones[2]?.rows).toEqual(['A', 'B', 'C', 'J'].map((label) => ({ label, seats })));
  });

  it("has each seat's category: the seat's own, the row's, or the zone's", () => {
    const rows = [
      { row: '1', seats: '1-4' },
      { row: '2', seats: '1-4', category: 'A' },
      { row: '3', seats: '1-2 _ 3', categories: { C: '1 3', A: ['2'] } },
    ];
    const zone = zoneOf(rows);
    expect(zone?.categories).toEqual(['A', 'B', 'C']);
    expect(zone?.rows?.map((row) => row.categories)).toEqual([[1, 1, 1, 1], undefined, [2, 0, 0, 2]]);
    expect(zoneOf(rows.slice(1), {})?.categories).toEqual(['A', 'C']);
  });

  it('marks seats that are blocked, wheelchair places and places of companions', () => {
    const zone = zoneOf([
      { row: '1', seats: '1-6', blocked: '1 3', wheelchair: '2', companion: ['4'] },
      { row: '2', seats: '10A-10C', blocked: '10A-10C' },
    ]);
    expect(zone?.rows).toEqual([
      { label: '1', seats: [1, 2, 3, 4, 5, 6], kinds: '.w.c..' },
      { label: '2', seats: ['', '10A', '10B', '10C', '', ''] },
    ]);
    expect(zone?.blocked).toEqual([
      { row: '1', column: 1 },
      { row: '1', column: 3 },
      ...['10A', '10B', '10C'].map((column) => ({ row: '2', column })),
    ]);
    expect(zone?.capacity).toBe(9);
  });

  it('has a point that the best seats are near: the middle of the front row, or a seat', () => {
    const rows = [
      { row: 'F', seats: '1-4' },
      { row: 'G', seats: '1-9' },
    ];
    expect(zoneOf(rows, { category: 'A', align: 'left' })?.grid?.focus).toEqual({ row: 1, column: 2.5 });
    const focus = { row: 'F', seat: '4' };
    expect(zoneOf(rows, { category: 'A', focus })?.grid?.focus).toEqual({ row: 1, column: 6 });
  });

  it('keeps how rows and seats are drawn, from the first position of each row', () => {
    expect(
      drawingOf([
        { row: '1', seats: '1-2', x: 3, y: 1.5, restrictedView: '2' },
        { row: '2', seats: '1-2', angle: 90 },
        { row: '3', seats: '1-6' },
        { row: '4', seats: '1-2', x: 7 },
        { row: 'Table 5', seats: '1-4', table: true, x: 4, y: -7 },
        { row: '6', seats: ['1', { seat: '2', x: 0.25, y: 9 }, null, '4', '5', '6'] },
      ]),
    ).toEqual([
      { x: 1, y: 1.5, restrictedView: [4] },
      { x: 2, y: -1, angle: 90 },
      {},
      { x: 5, y: 3 },
      { x: 4, y: -7, isTable: true },
      { seats: [{ column: 2, x: 0.25, y: 9 }] },
    ]);
    expect(hall([{ row: '1', seats: '1-2' }]).drawings).toBeUndefined();
  });

  const row = { row: '1', seats: '1-4' };
  it.each<[string, object[], object | undefined, string]>([
    ['a seat twice', [row, { row: '2', seats: '1-14 14' }], undefined, '/zones/0/rows/1/seats has 14 twice'],
    ['a row twice', [row, row], undefined, '/zones/0/rows/1/row has 1, which another row has too'],
    ['a row twice', [row, { rows: '3-1', seats: '1' }], undefined, '/zones/0/rows/1/rows has 1, which another row has too'],
    [
      'a row twice',
      [
        { row: 'A', seats: '1' },
        { row: 'a', seats: '1' },
      ],
      undefined,
      '/rows/1/row has a, which another row has',
    ],
    ['no label', [{ seats: '1' }], undefined, '/zones/0/rows/0 needs either row, a label, or rows'],
    ['two labels', [{ row: '1', rows: '2-3', seats: '1' }], undefined, '/zones/0/rows/0 needs either row'],
    ['a long label', [{ row: '12345678901', seats: '1' }], undefined, '/zones/0/rows/0/row must be 1 to 10 characters'],
    ['a long label', [{ rows: '12345678901', seats: '1' }], undefined, '/rows/0/rows has the label 12345678901, which is longer'],
    ['a gap as a row', [{ rows: '1 _ 2', seats: '1' }], undefined, '/zones/0/rows/0/rows has the gap _, but only'],
    ['a long seat', [{ row: '1', seats: ['123456789'] }], undefined, '/rows/0/seats/0 must be 1 to 8 characters'],
    ['no seats', [{ row: '1', seats: '_3' }], undefined, '/zones/0/rows/0/seats must have at least one seat'],
    ['no seats', [{ row: '1', seats: '' }], undefined, '/zones/0/rows/0/seats must have at least one label'],
    ['a wrong range', [{ row: '1', seats: '1-8/2' }], undefined, '/rows/0/seats has the range 1-8/2, which does not arrive at 8'],
    ['too long a row', [{ row: '1', seats: '1-501' }], undefined, '/zones/0/rows/0/seats has more than 500 entries'],
    ['too many rows', [{ rows: '1-1001', seats: '1' }], undefined, '/zones/0/rows/0/rows has more than 1000 entries'],
    [
      'too many rows',
      [
        { rows: '1-600', seats: '1' },
        { rows: '601-1001', seats: '1' },
      ],
      undefined,
      '/zones/0/rows/1 is beyond the limit of 1000 rows',
    ],
    ['too many seats', [{ rows: '1-101', seats: '1-200' }], undefined, '/zones/0/rows are 101 rows of up to 200 places'],
    ['no rows', [], undefined, '/zones/0/rows must be an integer, or must have at least 1 item'],
    ['an unknown field', [{ ...row, colour: 'red' }], undefined, '/zones/0/rows/0/colour is not a known field'],
    ['an unknown category', [{ ...row, category: 'D' }], undefined, "/rows/0/category D is not one of the event's categories"],
    ['an unknown category', [{ ...row, categories: { D: '1' } }], undefined, "/rows/0/categories/D is not one of the event's"],
    ['an unknown category', [row], { category: 'D' }, "/zones/0/category D is not one of the event's categories"],
    ['two categories', [{ ...row, categories: { A: '1-2', C: '2-3' } }], undefined, '/rows/0/categories/C has 2, which another'],
    ['no category', [{ ...row, categories: { A: '1-3' } }], {}, '/zones/0/rows/0 needs a category'],
    ['a price as well', [row], { price: '1', category: 'A' }, '/zones/0/category cannot be beside a price'],
    ['a price as well', [{ ...row, category: 'A' }], { price: '1' }, '/zones/0/rows/0/category cannot be, because the zone has'],
    ['other seats', [{ ...row, blocked: '4-5' }], undefined, '/rows/0/blocked has 5, which is not a seat of this row'],
    ['other seats', [{ ...row, wheelchair: ['x'] }], undefined, '/rows/0/wheelchair has x, which is not a seat of this row'],
    ['both kinds', [{ ...row, wheelchair: '1', companion: '1-2' }], undefined, '/rows/0/companion has 1, which is a wheelchair'],
    ['a table nowhere', [{ ...row, table: true, x: 1 }], undefined, '/zones/0/rows/0/table needs x and y'],
    ['many rows in one place', [{ rows: '1-2', seats: '1', y: 1 }], undefined, '/zones/0/rows/0/y is only for a single row'],
    ['a place far away', [{ ...row, x: 1_001 }], undefined, '/zones/0/rows/0/x must be at most 1000'],
    ['half a place', [{ row: '1', seats: [{ seat: '1', x: 1 }] }], undefined, '/zones/0/rows/0/seats/0/y is missing'],
    ['columns', [row], { category: 'A', columns: 4 }, '/zones/0/columns cannot be beside a list of rows'],
    ['a capacity', [row], { category: 'A', capacity: 4 }, '/zones/0/capacity cannot be beside a list of rows'],
    ['blocked of a grid', [row], { category: 'A', blocked: { A: '1' } }, '/zones/0/blocked cannot be beside a list of rows'],
    [
      'a focus elsewhere',
      [row],
      { category: 'A', focus: { row: '1', seat: '5' } },
      '/zones/0/focus must be the row and the seat',
    ],
    [
      'a focus of a grid',
      [row],
      { category: 'A', focus: { row: '1', column: 2 } },
      '/zones/0/focus must be the row and the seat',
    ],
  ])('with %s is refused', (_what, rows, others, fault) => {
    expect(() => hall(rows, others)).toThrow(fault);
  });

  it('is refused if all zones together have too many places', () => {
    expect(() => parse([{ zoneId: 1, throughZoneId: 11, category: 'A', rows: [{ rows: '1-40', seats: '1-500' }] }])).toThrow(
      '/zones have 220000 places in listed rows, gaps included, in total; at most 200000 are allowed',
    );
  });
});

describe('a zone with a number of rows, or of places', () => {
  it('may have a category instead of a price, and blocked seats', () => {
    const { zones } = parse([
      { zoneId: 1, rows: 2, columns: 3, category: 'A', blocked: { a: '1-2', B: '3' } },
      { zoneId: 2, capacity: 40, category: 'C' },
    ]).inventory;
    const blocked = [
      { row: 'A', column: 1 },
      { row: 'A', column: 2 },
      { row: 'B', column: 3 },
    ];
    const grid = { rows: 2, columns: 3, focus: { row: 1, column: 2 } };
    expect(zones).toEqual([
      { zoneId: 1, grid, capacity: 6, categories: ['A'], blocked },
      { zoneId: 2, capacity: 40, categories: ['C'] },
    ]);
  });

  const grid = { zoneId: 1, rows: 2, columns: 3, category: 'A' };
  it.each<[object, string]>([
    [{ ...grid, blocked: { A: '3-4' } }, '/zones/0/blocked/A has 4, which is not a seat of this row'],
    [{ ...grid, blocked: { C: '1' } }, '/zones/0/blocked/C has 1, which is not a seat of this row'],
    [{ ...grid, blocked: { A: '1-9999' } }, '/zones/0/blocked/A has more than 3 entries'],
    [{ ...grid, blocked: { 1: '1' } }, '/zones/0/blocked/1 is not a known field'],
    [{ ...grid, align: 'left' }, '/zones/0/align is only for a list of rows'],
    [{ ...grid, focus: { row: 'A', seat: '1' } }, '/zones/0/focus/seat is only for rows with labels'],
    [{ ...grid, focus: { row: 'A' } }, '/zones/0/focus/column is missing'],
    [{ ...grid, category: undefined }, '/zones/0/price is missing, and so is a category'],
    [{ zoneId: 1, capacity: 5, category: 'A', blocked: { A: '1' } }, '/zones/0/blocked is only for seats'],
    [{ ...grid, rows: 'two' }, '/zones/0/rows must be an integer, or must be a list'],
  ])('%j is refused', (zone, fault) => {
    expect(() => parse([zone])).toThrow(fault);
  });

  it('is refused if very many of its seats are blocked', () => {
    const blocked = Object.fromEntries(['A', 'B', 'C'].map((row) => [row, '1-4000']));
    expect(() => parse([{ zoneId: 1, rows: 9, columns: 4_000, category: 'A', blocked }])).toThrow(
      '/zones/0/blocked/C has more than 2000',
    );
  });
});
