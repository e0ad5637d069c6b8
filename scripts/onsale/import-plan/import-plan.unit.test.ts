import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseEventFile } from '../../../services/shared/inventory/plan/event-file.ts';
import type { HallRow } from '../../../services/shared/inventory/zone-layout.ts';
import { seatLabelOf } from '../../../services/shared/terms/seat-label.ts';
import { type DrawnZone, drawnZone, drawZone } from './drawn-hall.ts';
import { importPlan } from './import-plan.ts';

const anyCategories = [{ name: 'Back' }, { name: 'Side', color: '#ff0000' }, { name: 'Middle' }];
const prices = (names: string[]) => new Map(names.map((name): [string, string] => [name, '10.00']));

/** Imports a plan with prices for all categories, completes the file as an organiser would, and parses it. */
function open(plan: object, categories = ['Back', 'Side', 'Middle']) {
  const used = categories.filter((name) => JSON.stringify(plan).includes(`"category":"${name}"`));
  const imported = importPlan(JSON.stringify(plan), prices(used));
  const file = JSON.parse(imported.text);
  Object.assign(file.event, { onSaleAt: '2026-12-01T10:00:00Z', currency: 'EUR' });
  return { ...imported, file, parsed: parseEventFile(JSON.stringify(file), Date.UTC(2026, 10, 1)) };
}

/** A row's seats in groups of those side by side. */
const groupsOf = ({ seats }: HallRow) =>
  seats
    .map((label) => (label === '' ? ' ' : `|${label}|`))
    .join('')
    .split(/ +/)
    .filter((group) => group !== '')
    .map((group) => group.slice(1, -1).split('||'));

const reversed = (groups: string[][]) => groups.toReversed().map((group) => group.toReversed());

const shuffled =
  (seed: number) =>
  <T>(list: T[]): T[] => {
    let state = seed;
    const next = () => {
      state = (state * 48_271) % 2_147_483_647;
      return state;
    };
    return list
      .map((item) => ({ item, by: next() }))
      .toSorted((a, b) => a.by - b.by)
      .map(({ item }) => item);
  };

function check(zones: DrawnZone[], seed: number, step: number): void {
  const drawn = zones.map((zone, at) => drawZone(zone, `Zone ${at}`, { x: 2_000 * at, y: 500 }, step, shuffled(seed)));
  const plan = { name: 'Hall', size: { width: 1, height: 1 }, categories: anyCategories, zones: drawn.map((zone) => zone.plan) };
  const { parsed } = open(plan);
  expect(parsed.inventory.zones.map(({ capacity }) => capacity)).toEqual(
    drawn.map(({ expected }) => expected.flatMap(({ blocks }) => blocks.flat()).length),
  );
  for (const [at, { rows = [] }] of parsed.inventory.zones.entries()) {
    const { expected = [] } = drawn[at] ?? {};
    expect(rows.map(({ label }) => label)).toEqual(expected.map(({ name }) => name));
    const groups = rows.map(groupsOf);
    const blocks = expected.map((row) => row.blocks);
    const isReversed = JSON.stringify(groups[0]) !== JSON.stringify(blocks[0]);
    expect(groups).toEqual(isReversed ? blocks.map(reversed) : blocks);
  }
}

const hall: DrawnZone = {
  blocks: [6, 8, 6],
  rows: 5,
  numbering: 'left to right',
  naming: 'numbers',
  turned: 0,
  radius: 0,
  aisle: 1.6,
  isSplit: false,
};

/** Every fourth row lacks its first block, so that its centre is nearer to the front than the row before it. */
const bentWithoutSide: DrawnZone[] = [{ ...hall, blocks: [8, 7, 5, 5], rows: 7, radius: 25, aisle: 5.872796075954961 }];

describe('importPlan', () => {
  it('keeps every seat once, in its row, with groups that end exactly at aisles, and the front row first', () => {
    fc.assert(
      fc.property(
        fc.array(drawnZone, { minLength: 1, maxLength: 3 }),
        fc.integer({ min: 1, max: 1e6 }),
        fc.integer({ min: 18, max: 45 }),
        check,
      ),
      { numRuns: 40, examples: [[bentWithoutSide, 1, 18]] },
    );
  }, 60_000);

  it.each(['left to right', 'right to left', 'odd and even', 'snake', 'with letters'] as const)(
    'understands numbers that go %s',
    (numbering) => {
      check([{ ...hall, numbering }], 3, 25);
    },
  );

  it('gives seats one behind the other the same position', () => {
    fc.assert(
      fc.property(drawnZone, (zone) => {
        const { plan } = drawZone({ ...zone, turned: 0, radius: 0 }, 'Stalls', { x: 0, y: 0 }, 25, (list) => list);
        const { parsed } = open({ name: 'Hall', categories: anyCategories, zones: [plan] });
        const rows = parsed.inventory.zones[0]?.rows ?? [];
        const positions = new Map<number, Set<number>>();
        for (const row of plan.rows) {
          const { seats = [] } = rows.find(({ label }) => row.row_number.endsWith(label)) ?? {};
          for (const { seat_number, position } of row.seats) {
            const at = seats.indexOf(seatLabelOf(seat_number));
            positions.set(position.x, (positions.get(position.x) ?? new Set()).add(at));
          }
        }
        expect([...positions.values()].filter(({ size }) => size > 1)).toEqual([]);
      }),
      { numRuns: 40 },
    );
  }, 60_000);

  it('writes straight rows as short lists, and a bent one with a place for each seat', () => {
    const zone = (radius: number) => drawZone({ ...hall, rows: 1, radius }, 'Stalls', { x: 0, y: 0 }, 25, (list) => list).plan;
    const fileOf = (plan: object) => open({ name: 'Hall', categories: anyCategories, zones: [plan] }).file;
    expect(fileOf(zone(0)).zones[0].rows).toEqual([
      { row: '1', seats: '1-6 _2 7-14 _2 15-20', categories: { Side: '1-6' }, x: -0.4, y: 0 },
    ]);
    expect(fileOf(zone(30)).zones[0].rows[0].seats[0]).toEqual({ seat: '1', x: 0, y: expect.any(Number) });
  });
});

/** A plan of one zone of rows of seats; each row a list of [label, x, y, category]. */
const planOf = (rows: [name: string, seats: [label: string, x: number, y: number, category?: string][]][]) => ({
  name: 'Hall',
  categories: [{ name: 'Middle' }],
  zones: [
    {
      name: 'Zone',
      position: { x: 0, y: 0 },
      rows: rows.map(([row_number, seats]) => ({
        row_number,
        seats: seats.map(([seat_number, x, y, category = 'Middle']) => ({
          seat_number,
          seat_guid: 'g',
          position: { x, y },
          category,
        })),
      })),
    },
  ],
});

const rowsIn = ({ parsed }: ReturnType<typeof open>) =>
  parsed.inventory.zones[0]?.rows?.map(({ label, seats }) => `${label}: ${seats.map((seat) => seat || '_').join(' ')}`);

describe('importPlan, table by table', () => {
  const round = (count: number, x: number, y: number, from = 0) =>
    Array.from({ length: count }, (_, at): [string, number, number] => {
      const angle = from + (2 * Math.PI * at) / count;
      return [String(at + 1), Math.round(x + 40 * Math.cos(angle)), Math.round(y + 40 * Math.sin(angle))];
    });

  it('seats people round a table in the order of their chairs, from the lowest number', () => {
    const imported = open(
      planOf([
        ['T1', round(8, 100, 100, 1)],
        ['T2', round(6, 300, 100, 2).toReversed()],
      ]),
    );
    expect(rowsIn(imported)).toEqual(['T1: 1 2 3 4 5 6 7 8', 'T2: 1 2 3 4 5 6 _ _']);
    expect(imported.file.zones[0].rows[0]).toMatchObject({ row: 'T1', seats: '1-8', table: true });
    expect(imported.zones).toEqual(['zone 1 "Zone": 2 rows (2 tables), 14 seats, from row "T1" in front to "T2"']);
  });

  it('goes round a long table, whose guests face each other, without a gap', () => {
    const side = (y: number, labels: string[]) => labels.map((label, at): [string, number, number] => [label, 25 * at, y]);
    const table = [...side(0, ['1', '3', '5', '7']), ...side(45, ['2', '4', '6', '8'])];
    expect(rowsIn(open(planOf([['T', table]])))).toEqual(['T: 1 2 4 6 8 7 5 3']);
  });
});

describe('importPlan, aisle by aisle', () => {
  const spaced = (places: number[], y: number) => places.map((x, at): [string, number, number] => [String(at + 1), x, y]);

  it('sees the aisle of a row that is denser than the others', () => {
    const rows = rowsIn(
      open(
        planOf([
          ['1', spaced([0, 25, 50, 75, 100, 125, 150], 0)],
          ['2', spaced([0, 17, 34, 68, 85, 102], 30)],
        ]),
      ),
    );
    expect(rows?.[1]).toMatch(/1 2 3 _ 4 5 6/);
  });

  it('sees that most spaces of a row are aisles', () => {
    expect(rowsIn(open(planOf([['1', spaced([0, 60, 85, 145], 0)]])))).toEqual(['1: 1 _ 2 3 _ 4']);
  });

  it('gives a wide space no more than four positions', () => {
    expect(rowsIn(open(planOf([['1', spaced([0, 25, 50, 2_000, 2_025], 0)]])))).toEqual(['1: 1 2 3 _ _ _ _ 4 5']);
  });

  it('keeps seats that are drawn over each other, side by side', () => {
    expect(rowsIn(open(planOf([['1', spaced([0, 0, 25, 50, 200], 0)]])))).toEqual([
      expect.stringMatching(/^1: (1 2|2 1) 3 4 _ _ _ _ 5$/),
    ]);
  });
});

describe('importPlan says what it could not keep', () => {
  const seats = (labels: string[], y: number, x = 0) =>
    labels.map((label, at): [string, number, number] => [label, x + 25 * at, y]);

  it('of labels that are missing or a second time', () => {
    const imported = open(
      planOf([
        ['', seats(['1', '2'], 0)],
        ['a', seats(['1', '', '1'], 30)],
        ['A', seats(['1', '2'], 60)],
      ]),
    );
    expect(rowsIn(imported)).toEqual(['R1: 1 2 _', 'a: 1 2 1.2', 'A.2: 1 2 _']);
    expect(imported.lost).toEqual([
      '1 row ("Zone: R1") had no number in the plan and got one',
      '1 row ("Zone: A → A.2") had the number of another row in its zone, with some of the same seats, and got a new one',
      '1 seat ("Zone, row a: 2") had no number in the plan and got one',
      '1 seat ("Zone, row a: 1 → 1.2") had the number of another seat in its row and got a new one',
      '7 seat_guids left out',
    ]);
  });

  it('of words before labels that would be too long, and refuses labels that still are', () => {
    const words = planOf([
      ['Sitzreihe 1', seats(['Sitzplatz 1', 'Sitzplatz 2'], 0)],
      ['Sitzreihe 12', seats(['7'], 30)],
    ]);
    const imported = open(words);
    expect(rowsIn(imported)).toEqual(['1: 1 2', '12: 7 _']);
    expect(imported.lost).toContain('2 seat numbers cut to what follows the words that all seats of the row begin with');
    expect(() => open(planOf([['1', seats(['1', 'by the window'], 0)]]))).toThrow(
      '/zones/0/rows/0/seats/1/seat_number must have at most 8 characters',
    );
  });

  it('of decoration, labels beside numbers, and categories', () => {
    const plan = planOf([['1', seats(['1', '2'], 0)]]);
    const [zone] = plan.zones;
    Object.assign(zone ?? {}, {
      areas: [
        { shape: 'text', text: { text: 'Stage' } },
        { width: 1, height: 1 },
      ],
    });
    Object.assign(zone?.rows[0] ?? {}, { row_label: 'Row one' });
    Object.assign(zone?.rows[0]?.seats[1] ?? {}, { category: 'Unlisted' });
    Object.assign(zone?.rows[0]?.seats[0] ?? {}, { wheelchair: true });
    plan.categories.push({ name: 'Unused' });
    const imported = importPlan(JSON.stringify(plan));
    expect(imported.lost).toEqual([
      '1 category ("Unused") left out, because no seat has it',
      '1 category ("Unlisted") added, which seats have but the plan\'s list lacks',
      '2 areas (such as "Stage") left out',
      '1 row_label ("Row one") left out',
      '1 field ("wheelchair") left out that pretix\' schema does not have',
      '2 seat_guids left out',
    ]);
    expect(imported.missing).toEqual(['event.onSaleAt and event.currency', 'a price for Middle, Unlisted']);
  });

  it('so that a file without prices and times opens as soon as it has them', () => {
    const { text } = importPlan(JSON.stringify(planOf([['1', seats(['1', '2'], 0)]])));
    expect(() => parseEventFile(text)).toThrow(
      [
        'The event file is not valid (/zones/0 is the first entry of "zones"):',
        '  /event/onSaleAt is missing',
        '  /event/currency is missing',
        '  /categories/0 needs a price, or prices by ticket type',
      ].join('\n'),
    );
  });
});

describe('importPlan refuses', () => {
  const valid = planOf([['1', [['1', 0, 0]]]]);

  it.each([
    ['text that is no JSON', '{', 'The seating plan is not valid JSON'],
    ['another file', '[]', '/ must be an object'],
    ['a plan without zones', JSON.stringify({ ...valid, zones: [] }), '/zones must have at least 1 item'],
    ['a plan without seats', JSON.stringify(planOf([['1', []]])), '/zones have no seats'],
    [
      'a seat without a place',
      JSON.stringify(valid).replace('{"x":0,"y":0},"category"', '{"x":0},"category"'),
      '/zones/0/rows/0/seats/0/position/y is missing',
    ],
    [
      'a place out of this world',
      JSON.stringify(valid).replace('"x":0,"y":0},"category"', '"x":1e300,"y":0},"category"'),
      '/zones/0/rows/0/seats/0/position/x must be at most 1000000',
    ],
    [
      'too many seats in a row',
      JSON.stringify(planOf([['1', Array.from({ length: 501 }, (_, at): [string, number, number] => [`${at}`, at, 0])]])),
      '/zones/0/rows/0/seats must have at most 500 items',
    ],
  ])('%s', (_what, json, fault) => {
    expect(() => importPlan(json)).toThrow(fault);
  });

  it('a price for a category that the plan does not have', () => {
    expect(() => importPlan(JSON.stringify(valid), prices(['Stalls']))).toThrow(
      'The plan has no category "Stalls"; it has "Middle".',
    );
  });
});
