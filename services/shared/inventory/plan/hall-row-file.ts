import { type Static, Type } from 'typebox';
import { CategoryId, Row, SeatText } from '../../terms/identifiers.ts';
import { parseLabels } from './label-list.ts';
import type { Reading } from './reading.ts';

/** The most positions in a row of a hall: its seats and gaps. */
const maxRowPositions = 500;
export const maxHallRows = 1_000;
const seatLength = 8;
const rowLength = 10;
/** In seat widths. */
const coordinate = { minimum: -1_000, maximum: 1_000 };
/** Enough for every label of the longest row. */
export const maxListLength = 5_000;

const compactForm = 'such as `1-7 _ 8-14`, `21-1/2` or `W1-W4`';

const Seats = (description: string) =>
  Type.Union([Type.String({ maxLength: maxListLength }), Type.Array(SeatText, { minItems: 1, maxItems: maxRowPositions })], {
    description,
  });

/** An entry of a hall's `rows`: a row, or several with the same seats. */
export const HallRowEntry = Type.Object(
  {
    row: Type.Optional({ ...Row, description: "The row's label, of at most 10 characters" }),
    rows: Type.Optional(
      Type.String({
        maxLength: maxListLength,
        description: 'Instead: the labels of rows with the same seats, such as `A-H J-N`',
      }),
    ),
    seats: Type.Union(
      [
        Type.String({ maxLength: maxListLength }),
        Type.Array(
          Type.Union([
            SeatText,
            Type.Null(),
            Type.Object(
              {
                seat: { ...SeatText, description: "The seat's label" },
                x: Type.Number({ ...coordinate, description: 'Where it is drawn, in seat widths to the right' }),
                y: Type.Number({ ...coordinate, description: 'Where it is drawn, in seat widths away from the front' }),
              },
              { additionalProperties: false },
            ),
          ]),
          { minItems: 1, maxItems: maxRowPositions },
        ),
      ],
      {
        description: `Its seats from left to right: labels, ${compactForm}, in which _ is a gap; or a list, in which null is a gap`,
      },
    ),
    category: Type.Optional({ ...CategoryId, description: "The price category of its seats; the zone's by default" }),
    categories: Type.Optional(
      Type.Record(CategoryId, Seats('The seats of this category'), {
        additionalProperties: false,
        description: 'The seats of other categories, by category',
      }),
    ),
    blocked: Type.Optional(Seats('Its seats that are not for sale')),
    wheelchair: Type.Optional(Seats('Its wheelchair places')),
    companion: Type.Optional(Seats('Its places for companions of wheelchair users')),
    restrictedView: Type.Optional(Seats('Its seats with a restricted view')),
    x: Type.Optional(Type.Number({ ...coordinate, description: 'Where its first place is drawn, in seat widths to the right' })),
    y: Type.Optional(Type.Number({ ...coordinate, description: 'Where it is drawn, in seat widths away from the front' })),
    angle: Type.Optional(Type.Number({ minimum: -360, maximum: 360, description: 'How far it is turned, in degrees clockwise' })),
    table: Type.Optional(Type.Boolean({ description: 'Whether the seats are around a table; then x and y are its middle' })),
  },
  { additionalProperties: false },
);
export type HallRowEntry = Static<typeof HallRowEntry>;

/** A row as written, not aligned with others yet; everything by the position in `seats`, from 0. */
export type WrittenRow = {
  label: string;
  /** '' is a gap. */
  seats: string[];
  categories: (string | undefined)[];
  kinds: string;
  blocked: number[];
  restrictedView: number[];
  places: { at: number; x: number; y: number }[];
  drawn: Pick<HallRowEntry, 'x' | 'y' | 'angle' | 'table'>;
};

/** Reads an entry as the rows that it describes; none if it has no valid label or seats. */
export function readHallRow(
  entry: HallRowEntry,
  where: string,
  zoneCategory: string | undefined,
  reading: Reading,
): WrittenRow[] {
  const { fault } = reading;
  const labels = labelsOf(entry, where, reading);
  const seats = seatsOf(entry, where, reading);
  if (!labels || !seats) return [];
  const { x, y, angle, table } = entry;
  if (entry.rows !== undefined && y !== undefined) fault(`${where}/y`, 'is only for a single row');
  if (table && (x === undefined || y === undefined)) fault(`${where}/table`, 'needs x and y, the middle of the table');

  const pick = (field: string, list: string | string[] | undefined) => pickSeats(seats, list, `${where}/${field}`, reading);
  const categories = seats.map(() => entry.category ?? zoneCategory);
  const chosen = new Set<number>();
  for (const [category, list] of Object.entries(entry.categories ?? {})) {
    for (const at of pick(`categories/${category}`, list)) {
      if (chosen.has(at)) fault(`${where}/categories/${category}`, `has ${seats[at]}, which another category has too`);
      chosen.add(at);
      categories[at] = category;
    }
  }
  const wheelchair = pick('wheelchair', entry.wheelchair);
  const companion = pick('companion', entry.companion);
  const both = companion.find((at) => wheelchair.includes(at));
  if (both !== undefined) fault(`${where}/companion`, `has ${seats[both]}, which is a wheelchair place`);
  const row = {
    seats,
    categories,
    kinds: seats.map((_, at) => (wheelchair.includes(at) ? 'w' : companion.includes(at) ? 'c' : '.')).join(''),
    blocked: pick('blocked', entry.blocked),
    restrictedView: pick('restrictedView', entry.restrictedView),
    places: Array.isArray(entry.seats)
      ? entry.seats.flatMap((seat, at) => (seat && typeof seat === 'object' ? [{ at, x: seat.x, y: seat.y }] : []))
      : [],
    drawn: {
      ...(x !== undefined && { x }),
      ...(y !== undefined && { y }),
      ...(angle !== undefined && { angle }),
      ...(table && { table }),
    },
  };
  return labels.map((label) => ({ label, ...row }));
}

function labelsOf({ row, rows }: HallRowEntry, where: string, { fault }: Reading): string[] | undefined {
  if ((row === undefined) === (rows === undefined)) {
    fault(where, 'needs either row, a label, or rows, labels of rows with the same seats');
    return undefined;
  }
  if (rows === undefined) return row === undefined ? undefined : [row];
  const read = parseLabels(rows, { most: maxHallRows, length: rowLength });
  if ('labels' in read) return read.labels;
  fault(`${where}/rows`, read.fault);
  return undefined;
}

function seatsOf({ seats }: HallRowEntry, where: string, { fault }: Reading): string[] | undefined {
  const read =
    typeof seats === 'string'
      ? parseLabels(seats, { most: maxRowPositions, length: seatLength, hasGaps: true })
      : { labels: seats.map((seat) => (seat === null ? '' : typeof seat === 'string' ? seat : seat.seat)) };
  if ('fault' in read) {
    fault(`${where}/seats`, read.fault);
    return undefined;
  }
  const known = new Set<string>();
  for (const label of read.labels) {
    if (label !== '' && known.has(label)) fault(`${where}/seats`, `has ${label} twice`);
    known.add(label);
  }
  if (!read.labels.some((label) => label !== '')) fault(`${where}/seats`, 'must have at least one seat');
  return read.labels;
}

/** The positions of the seats that a list names. */
function pickSeats(seats: string[], list: string | string[] | undefined, where: string, { fault }: Reading): number[] {
  if (list === undefined) return [];
  const read = typeof list === 'string' ? parseLabels(list, { most: maxRowPositions, length: seatLength }) : { labels: list };
  if ('fault' in read) {
    fault(where, read.fault);
    return [];
  }
  const positions = new Set<number>();
  for (const label of read.labels) {
    const at = seats.indexOf(label);
    if (at < 0) fault(where, `has ${label}, which is not a seat of this row`);
    else positions.add(at);
  }
  return [...positions].toSorted((a, b) => a - b);
}
