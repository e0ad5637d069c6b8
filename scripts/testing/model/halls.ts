import type { Offer } from '../../../services/shared/inventory/offer.ts';
import { frontCentre, type HallRow, type ZoneInventory } from '../../../services/shared/inventory/zone-layout.ts';
import { seatLabelOf } from '../../../services/shared/terms/seat-label.ts';

/** A row of a hall in short: its label, its seats (`_` is a gap), and for each position its category's index and its kind. */
type ShortRow = [label: string, seats: string, categories?: string, kinds?: string];

/** A zone with these rows, from the front; short ones end in gaps. */
function hallZone(zoneId: number, categories: string[], rows: ShortRow[]): ZoneInventory {
  const seatsOf = (text: string) => text.split(' ').map((cell) => (cell === '_' ? '' : seatLabelOf(cell)));
  const columns = Math.max(...rows.map(([, text]) => seatsOf(text).length));
  return withRows(
    { zoneId, capacity: 0, categories },
    rows.map(([label, text, ofPositions, kinds]) => {
      const seats = seatsOf(text);
      return {
        label,
        seats: [...seats, ...Array<string>(columns - seats.length).fill('')],
        ...(ofPositions && { categories: [...ofPositions.padEnd(columns, '0')].map(Number) }),
        ...(kinds && { kinds: kinds.padEnd(columns, '.') }),
      };
    }),
  );
}

/** A zone with other rows, all of the same width. */
function withRows(zone: ZoneInventory, rows: HallRow[]): ZoneInventory {
  const columns = rows[0]?.seats.length ?? 0;
  const capacity = rows.flatMap(({ seats }) => seats).filter((seat) => seat !== '').length;
  return { ...zone, grid: { rows: rows.length, columns, focus: frontCentre(columns) }, rows, capacity };
}

const grid = (zoneId: number, rows: number, columns: number, price: { priceMinor: number } | { categories: string[] }) => ({
  ...{ zoneId, grid: { rows, columns, focus: frontCentre(columns) }, capacity: rows * columns },
  ...price,
});

const farMs = Date.UTC(2200, 0, 1);
const from = (fromMs: number, minor: number) => ({ fromMs, minor });

/** Prices that change, a type that one category is not sold to, and promotions of every sort; one of them is over. */
const offer: Offer = {
  categories: [
    {
      categoryId: 'A',
      name: 'Stalls',
      prices: { '': [from(0, 5_000)], child: [from(0, 1), from(1_000, 2_505), from(farMs, 9)] },
    },
    { categoryId: 'B', name: 'Circle', prices: { adult: [from(0, 3_000)], child: [from(0, 2_505)] } },
    { categoryId: 'C', name: 'Floor', prices: { '': [from(0, 5_000)] } },
  ],
  ticketTypes: [
    { ticketTypeId: 'adult', name: 'Adult' },
    { ticketTypeId: 'child', name: 'Child', limit: 3 },
    { ticketTypeId: 'member', name: 'Member' },
  ],
  promotions: [
    { promotionId: 'EARLY', percent: 15, tickets: 4, ticketsPerBuyer: 2 },
    { promotionId: 'STALLS', amountMinor: 700, orders: 2, categories: ['A'], ticketTypes: ['adult', 'child'] },
    { promotionId: 'OVER', priceMinor: 1, untilMs: 1_000 },
  ],
};
/** With a promotion for the first tickets. */
const firstBuyers = (ticketsPerBuyer?: number): Offer => ({
  ...offer,
  promotions: [
    ...offer.promotions,
    {
      ...{ promotionId: 'first-5', isAutomatic: true, tickets: 5, priceMinor: 2_000, ticketTypes: ['adult'] },
      ...(ticketsPerBuyer !== undefined && { ticketsPerBuyer }),
    },
  ],
});

/** Zones and what is offered for them. Small, so that requests collide; the second list has rows of more than one byte. */
export type Hall = { zones: ZoneInventory[]; offer?: Offer; ticketsPerOrder?: number };

const standing = (zoneId: number, capacity = 6): ZoneInventory => ({ zoneId, capacity, priceMinor: 900 });

export const halls: Hall[] = [
  { zones: [grid(1, 3, 4, { priceMinor: 2_000 }), grid(2, 4, 7, { priceMinor: 3_550 }), standing(3)] },
  {
    zones: [grid(4, 2, 9, { priceMinor: 2_000 }), grid(7, 1, 17, { categories: ['B'] }), standing(8)],
    offer,
    ticketsPerOrder: 6,
  },
  {
    zones: [
      hallZone(
        1,
        ['A', 'B'],
        [
          ['a', '1 2 3 _ 4 5 6 7 8 9', '0000000111'],
          ['B', '_ 21 19 17 15 12A _ 1', '0000011100'],
          ['Loge 3', 'W1 C1 C2 W2 _ 1 a-b', '0001111', 'wccw...'],
        ],
      ),
      hallZone(
        2,
        ['C'],
        [
          ['1', '1 2 3 4 5 6 7'],
          ['2', '1 2 3 _ 4 5'],
          ['12', '1 2'],
        ],
      ),
      { zoneId: 3, capacity: 6, categories: ['C'] },
    ],
    offer: firstBuyers(),
  },
  {
    zones: [
      hallZone(
        1,
        ['A', 'B', 'C'],
        [
          ['A', '1 2 3 4 5 6', '001122'],
          ['B', '6 5 4 3 2 1', '222110'],
          ['C', '_ x y W', '0222', '...w'],
        ],
      ),
      grid(2, 2, 5, { categories: ['A'] }),
      standing(3, 4),
    ],
    offer: firstBuyers(2),
    ticketsPerOrder: 8,
  },
];

/** So many places that more holds can be overdue than one call ends. */
export const largeHall: Hall = {
  zones: [grid(1, 3, 4, { priceMinor: 10_000 }), grid(2, 4, 7, { priceMinor: 10_000 }), standing(3, 70)],
};

/** What a zone may become during the sale; undefined: it disappears. */
export function variantsOf(zone: ZoneInventory): (ZoneInventory | undefined)[] {
  const { zoneId, rows, capacity, grid: block } = zone;
  const price = zone.categories ? { categories: zone.categories.slice(0, 1) } : { priceMinor: zone.priceMinor ?? 0 };
  if (!block) return [zone, { ...zone, capacity: 2 }, { ...zone, capacity: capacity + 3 }, grid(zoneId, 2, 3, price), undefined];
  if (!rows) {
    const [more, fewer] = [
      grid(zoneId, block.rows + 1, block.columns + 2, price),
      grid(zoneId, block.rows, block.columns - 1, price),
    ];
    return [zone, more, fewer, grid(zoneId, block.rows, block.columns, price), { zoneId, capacity, ...price }, undefined];
  }
  const ofRow = (row: HallRow, seats: HallRow['seats'], at: number): HallRow => ({
    label: row.label,
    seats,
    ...(row.categories && { categories: row.categories.toSpliced(at, 0, 0).slice(0, seats.length) }),
    ...(row.kinds && { kinds: `${row.kinds.slice(0, at)}.${row.kinds.slice(at)}`.slice(0, seats.length) }),
  });
  const front: HallRow = { label: 'New', seats: Array.from({ length: block.columns }, (_, at) => at + 1) };
  return [
    zone,
    withRows(zone, [front, ...rows]),
    withRows(zone, rows.slice(0, -1)),
    withRows(zone, rows.toReversed()),
    // A new aisle after the second position.
    withRows(
      zone,
      rows.map((row) => ofRow(row, row.seats.toSpliced(2, 0, ''), 2)),
    ),
    withRows(
      zone,
      rows.map((row) => ({ ...row, seats: row.seats.with(1, '') })),
    ),
    // The same seats, but all of one category and none for wheelchairs.
    withRows(
      zone,
      rows.map(({ label, seats }) => ({ label, seats })),
    ),
  ];
}
