import { describe, expect, it } from 'vitest';
import { comparePlans } from './compare-plans.ts';
import { parseEventFile } from './event-file.ts';

const file = {
  venue: { venueId: 'V', name: 'A venue', timeZone: 'Europe/Vienna' },
  event: { eventId: 'E', name: 'An event', onSaleAt: '2026-05-01T10:00', currency: 'EUR' },
  ticketTypes: [{ ticketTypeId: 'adult' }, { ticketTypeId: 'child', limit: 200 }],
  categories: [
    { categoryId: 'A', price: '50' },
    { categoryId: 'B', prices: { adult: '30', child: '15' } },
  ],
  promotions: [{ code: 'EARLY', percent: 20, tickets: 100 }],
  zones: [{ zoneId: 1, capacity: 40, price: '8' }] as object[],
};

const parse = (changes: object) => parseEventFile(JSON.stringify({ ...file, ...changes }), Date.UTC(2026, 4, 1));
const compare = (before: object, after: object) => comparePlans(parse(before), parse(after));
const hall = (rows: object[], others: object = {}) => ({ zones: [{ zoneId: 1, category: 'A', rows, ...others }] });
const rows = [
  { row: '1', seats: '1-4' },
  { row: '2', seats: '1-6' },
  { row: 'Loge', seats: '1 12A' },
];
const withRow = (at: number, changes: object) => hall(rows.map((row, other) => (other === at ? { ...row, ...changes } : row)));

describe('the differences between two plans', () => {
  it('are none if they are the same, however the file writes it', () => {
    const whole = hall([{ rows: '1-2', seats: '1-4', blocked: '1-2', wheelchair: '3', restrictedView: '4', x: 1 }]);
    expect(compare(whole, whole)).toEqual({ changes: [], seatsLost: 0 });
    const inWords = hall(
      ['1', '2'].map((row) => ({ row, seats: ['1', '2', '3', '4'], blocked: '2 1', wheelchair: '3', restrictedView: '4', x: 1 })),
    );
    expect(compare(whole, inWords)).toEqual({ changes: [], seatsLost: 0 });
  });

  it('are named for the times, the time zone and the limits of the event', () => {
    const event = { ...file.event, offSaleAt: '2026-12-01T18:00', startsAt: '2026-12-01T19:30', ticketsPerOrder: 4 };
    expect(compare({}, { event }).changes).toEqual([
      'on sale until: for ever → Tue 1 Dec 2026 18:00 +01:00',
      'begins: unknown → Tue 1 Dec 2026 19:30 +01:00',
      'tickets per order: the default → 4',
    ]);
    expect(compare({}, { venue: { ...file.venue, timeZone: 'Europe/Berlin' } }).changes).toEqual([
      'time zone: Europe/Vienna → Europe/Berlin',
    ]);
  });

  it('are named for ticket types, categories, prices and promotions', () => {
    const after = {
      ticketTypes: [{ ticketTypeId: 'child', limit: 100 }, { ticketTypeId: 'adult', name: 'Adults' }, { ticketTypeId: 'member' }],
      categories: [
        { categoryId: 'A', name: 'Stalls', price: [{ price: '50' }, { from: '2026-11-01T00:00', price: '60' }] },
        { categoryId: 'C', prices: { adult: '10' } },
      ],
      promotions: [
        { code: 'early', percent: 25, tickets: 100, categories: ['A'] },
        { first: 500, amount: '2.50', ticketTypes: ['adult'], orders: 9, ticketsPerBuyer: 2, until: '2026-06-01T00:00' },
      ],
    };
    expect(compare({}, after).changes).toEqual([
      'default ticket type: adult → child',
      'ticket type adult: "adult" → "Adults"',
      'ticket type child: "child", at most 200 tickets → "child", at most 100 tickets',
      'category A: "A" → "Stalls"',
      'price of category A: 50.00 EUR → 50.00 EUR, from Sun 1 Nov 2026 00:00 +01:00 60.00 EUR',
      'category B removed ("B")',
      'price of category B for adult removed (30.00 EUR)',
      'price of category B for child removed (15.00 EUR)',
      'promotion EARLY: 20 % off, at most 100 tickets → 25 % off, at most 100 tickets, only category A',
      'ticket type member added: "member"',
      'category C added: "C"',
      'price of category C for adult added: 10.00 EUR',
      'promotion FIRST500 added: 2.50 EUR off, without a code, at most 500 tickets, at most 9 orders, at most 2 tickets for a buyer, ' +
        'until Mon 1 Jun 2026 00:00 +02:00, only for adult',
    ]);
  });

  it.each<[string, object, string[], number]>([
    [
      'rows',
      hall([
        { row: '1', seats: '1-4' },
        { row: 'Loge', seats: '1 12A' },
        { rows: '8-9', seats: '1-2' },
      ]),
      ['zone 1 seats: 3 rows with 12 seats → 4 rows with 10 seats', 'zone 1 row 2 removed', 'zone 1 rows 8, 9 added'],
      6,
    ],
    ['a row with another label', withRow(1, { row: '2a' }), ['zone 1 row 2 is now row 2a'], 6],
    ['a row with other letters', withRow(2, { row: 'LOGE' }), ['zone 1 row Loge is now row LOGE'], 2],
    [
      'the order of rows',
      hall(rows.toReversed()),
      [
        'zone 1 best seats are near: row 1, place 3.5 from the left → row Loge, place 3.5 from the left',
        'zone 1 rows are in another order',
      ],
      0,
    ],
    [
      'seats',
      withRow(1, { seats: '1-4 7-9' }),
      ['zone 1 seats: 3 rows with 12 seats → 3 rows with 13 seats', 'zone 1 row 2: removed 5, 6', 'zone 1 row 2: added 7, 8, 9'],
      2,
    ],
    ['the order of seats', withRow(1, { seats: '6-1' }), ['zone 1 row 2: its seats have another order, or other gaps'], 0],
    [
      'gaps',
      withRow(0, { seats: '1-2 _ 3-4' }),
      [
        'zone 1 best seats are near: row 1, place 3.5 from the left → row 1, place 3 from the left',
        'zone 1 row 1: its seats have another order, or other gaps',
      ],
      0,
    ],
    [
      'kinds',
      hall(rows.map((row) => ({ ...row, wheelchair: '1', ...(row.row === '2' && { companion: '2-3' }) }))),
      ['zone 1 rows 1, 2, Loge: 1: seat → wheelchair place', 'zone 1 row 2: 2, 3: seat → companion place'],
      0,
    ],
    [
      'categories',
      withRow(1, { categories: { B: '1-2' } }),
      ['zone 1 row 2: 1, 2: category A → B', 'zone 1 price: category A → categories A, B'],
      0,
    ],
    ['blocked seats', withRow(1, { blocked: '1 4-5' }), ['zone 1 3 seats more blocked: 2 1, 4, 5'], 0],
    ['restricted views', withRow(2, { restrictedView: '12A' }), ['zone 1 1 seat more restricted in their view: Loge 12A'], 0],
    ['places', withRow(2, { x: 9 }), ['zone 1 seats are drawn in other places'], 0],
    [
      'the focus',
      hall(rows, { focus: { row: 'Loge', seat: '1' } }),
      ['zone 1 best seats are near: row 1, place 3.5 from the left → row Loge, seat 1'],
      0,
    ],
    ['categories to a price', hall(rows, { category: undefined, price: '9' }), ['zone 1 price: category A → 9.00 EUR'], 0],
    [
      'labels to letters',
      { zones: [{ zoneId: 1, rows: 2, columns: 6, category: 'A' }] },
      ['zone 1 seats: 3 rows with 12 seats → 2 × 6'],
      12,
    ],
    [
      'seats to places',
      { zones: [{ zoneId: 1, capacity: 50, category: 'A' }] },
      ['zone 1 seats: 3 rows with 12 seats → general admission, 50'],
      12,
    ],
  ])('are named for %s of a hall, and seats that are lost are counted by name', (_what, after, changes, seatsLost) => {
    const comparison = compare(hall(rows), after);
    expect(comparison.changes).toEqual(changes);
    expect(comparison.seatsLost).toBe(seatsLost);
  });

  it('find the seats of a grid again in a hall', () => {
    const grid = { zones: [{ zoneId: 1, rows: 2, columns: 3, price: '1', blocked: { A: '1' } }] };
    const after = {
      zones: [
        {
          zoneId: 1,
          price: '1',
          rows: [
            { row: 'a', seats: '1-3' },
            { row: 'B', seats: '3-2' },
          ],
        },
      ],
    };
    expect(compare(grid, after)).toEqual({
      changes: ['zone 1 seats: 2 × 3 → 2 rows with 5 seats', 'zone 1 1 seat no longer blocked: A 1'],
      seatsLost: 1,
    });
  });

  it('share a line if zones have the same', () => {
    const zones = (price: string, others: object[] = []) => ({
      zones: [{ zoneId: 1, throughZoneId: 3, capacity: 4, price }, ...others],
    });
    expect(compare(zones('1'), zones('2', [{ zoneId: 9, rows: 2, columns: 2, category: 'B' }])).changes).toEqual([
      'zones 1-3 price: 1.00 EUR → 2.00 EUR',
      'zone 9 added: 2 × 2 at category B',
    ]);
  });

  it('are listed up to ten seats in a row and ten rows', () => {
    const long = (blocked: object) => hall([{ rows: '1-12', seats: '1-20', ...blocked }]);
    const [change = ''] = compare(long({}), long({ blocked: '1-12' })).changes;
    expect(change).toContain('144 seats more blocked: 1 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 and 2 more; 2 1');
    expect(change.endsWith('and 2 more rows')).toBe(true);
  });
});
