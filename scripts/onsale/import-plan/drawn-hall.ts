import fc from 'fast-check';

/** A zone to draw: the blocks of seats between a row's aisles, and how it is numbered, named, turned and bent. */
export type DrawnZone = {
  /** Seats per block; row r, from 0, has r % 3 fewer in the first and last, and every fourth lacks the first. */
  blocks: number[];
  rows: number;
  numbering: 'left to right' | 'right to left' | 'odd and even' | 'snake' | 'with letters';
  naming: 'numbers' | 'letters' | 'words';
  /** Degrees clockwise. */
  turned: number;
  /** The distance of the front row to the centre of its arc, in seat widths; 0: straight. */
  radius: number;
  /** The width of aisles, in seats left out. */
  aisle: number;
  /** Whether each block is a row of its own in the plan. */
  isSplit: boolean;
};

/** The rows of a zone from its front, each as its blocks' seat labels in order, from either side. */
type Expected = { name: string; blocks: string[][] }[];

export const drawnZone: fc.Arbitrary<DrawnZone> = fc.record({
  blocks: fc.array(fc.integer({ min: 5, max: 12 }), { minLength: 1, maxLength: 4 }),
  rows: fc.integer({ min: 1, max: 9 }),
  numbering: fc.constantFrom('left to right', 'right to left', 'odd and even', 'snake', 'with letters'),
  naming: fc.constantFrom('numbers', 'letters', 'words'),
  turned: fc.oneof(fc.constantFrom(0, 90, 180, 270), fc.integer({ min: 0, max: 359 })),
  radius: fc.oneof(fc.constant(0), fc.integer({ min: 25, max: 80 })),
  aisle: fc.double({ min: 0.8, max: 6, noNaN: true }),
  isSplit: fc.boolean(),
});

const rowLetters = [...'ABCDEFGHJKLMNPQRSTUVWXYZ'];

/** A zone as pretix' editor saves it, in pixels, with lists in random order, and what must come out of it. */
export function drawZone(
  zone: DrawnZone,
  name: string,
  at: { x: number; y: number },
  step: number,
  shuffle: <T>(list: T[]) => T[],
) {
  const expected: Expected = [];
  const rows = [];
  let counted = 0;
  for (let row = 0; row < zone.rows; row++) {
    const last = zone.blocks.length - 1;
    const sizes = zone.blocks.map((size, block) => {
      if (block === 0 && last > 0 && row % 4 === 1) return 0;
      return size - (block === 0 || block === last ? row % 3 : 0);
    });
    const total = sizes.reduce((sum, size) => sum + size, 0);
    const labels = labelsOf(zone.numbering, total, row, counted);
    counted += total;
    const rowName = { numbers: String(row + 1), letters: rowLetters[row] ?? '', words: `Reihe Nr. ${row + 1}` }[zone.naming];
    let across = row % 3;
    const blocks = sizes.map((size, block) => {
      const before = sizes.slice(0, block).reduce((sum, other) => sum + other, 0);
      const seats = labels.slice(before, before + size).map((label, seat) => ({
        seat_guid: `${name}-${rowName}-${label}`,
        seat_number: label,
        position: placeOf(zone, across + seat, row, step),
        category: row % 4 === 3 ? 'Back' : block === 0 ? 'Side' : 'Middle',
      }));
      across += (size > 0 ? size : (zone.blocks[block] ?? 0)) + zone.aisle;
      return seats;
    });
    expected.push({
      name: zone.naming === 'words' ? String(row + 1) : rowName,
      blocks: blocks.filter((seats) => seats.length > 0).map((seats) => seats.map((seat) => seat.seat_number)),
    });
    for (const seats of zone.isSplit ? blocks.filter(({ length }) => length > 0) : [blocks.flat()]) {
      rows.push({ row_number: rowName, row_number_position: 'both', position: { x: 0, y: 0 }, seats: shuffle(seats) });
    }
  }
  return { plan: { name, position: at, rows: shuffle(rows), areas: [] }, expected };
}

/** A seat's place in pixels: bent round the front's centre, then turned. */
function placeOf({ radius, turned, blocks, aisle }: DrawnZone, across: number, row: number, step: number) {
  const depth = row * 1.4;
  const width = blocks.reduce((sum, size) => sum + size, 0) + (blocks.length - 1) * aisle;
  const angle = radius > 0 ? (across - width / 2) / (radius + depth) : 0;
  const bent =
    radius > 0 ? { x: (radius + depth) * Math.sin(angle), y: (radius + depth) * Math.cos(angle) } : { x: across, y: depth };
  const [sine, cosine] = [Math.sin((turned * Math.PI) / 180), Math.cos((turned * Math.PI) / 180)];
  return { x: Math.round(step * (bent.x * cosine - bent.y * sine)), y: Math.round(step * (bent.x * sine + bent.y * cosine)) };
}

function labelsOf(numbering: DrawnZone['numbering'], total: number, row: number, before: number): string[] {
  const count = Array.from({ length: total }, (_, at) => at + 1);
  switch (numbering) {
    case 'left to right':
      return count.map(String);
    case 'right to left':
      return count.toReversed().map(String);
    case 'odd and even':
      return [...count.filter((number) => number % 2 === 1).toReversed(), ...count.filter((number) => number % 2 === 0)].map(
        String,
      );
    case 'snake':
      return (row % 2 === 0 ? count : count.toReversed()).map((number) => String(before + number));
    case 'with letters':
      return count.map((number) => (number === 13 ? '12A' : number % 5 === 0 ? `${number}-${number}` : `S${number}`));
  }
}
