import { type Static, Type } from 'typebox';
import { CategoryId, GridRow, Money, maxColumns, maxRows, Row, SeatText, ZoneId } from '../../terms/identifiers.ts';
import type { ZoneInventory } from '../zone-layout.ts';
import type { RowDrawing } from './drawing.ts';
import { readBlocked, readGridFocus } from './grid-file.ts';
import { readHall } from './hall-file.ts';
import { HallRowEntry, maxHallRows, maxListLength } from './hall-row-file.ts';
import { Name, type Reading } from './reading.ts';

/** A zone's bitmap is read as a whole: 125 kB at this size. */
const maxSeatsPerZone = 1_000_000;

/** An entry of an event file's `zones`: one zone, or a range of identical zones. */
export const Zone = Type.Object(
  {
    zoneId: { ...ZoneId, description: 'The zone, or the first of a range' },
    throughZoneId: Type.Optional({ ...ZoneId, description: 'The last zone of a range of identical zones' }),
    name: Type.Optional(
      Type.String({ ...Name, description: 'The name of the zone or of each in the range; "Zone 7" by default' }),
    ),
    price: Type.Optional(
      Type.String({ ...Money, description: 'The price of every ticket, with no more decimals than the currency has' }),
    ),
    category: Type.Optional({ ...CategoryId, description: 'Instead of a price: the price category of the zone' }),
    rows: Type.Optional(
      Type.Union(
        [Type.Integer({ minimum: 1, maximum: maxRows }), Type.Array(HallRowEntry, { minItems: 1, maxItems: maxHallRows })],
        { description: 'The number of rows: A to Z, then AA; or a list of rows with labels, from the front' },
      ),
    ),
    columns: Type.Optional(
      Type.Integer({ minimum: 1, maximum: maxColumns, description: 'The number of seats in each row, if rows is a number' }),
    ),
    align: Type.Optional(
      Type.Enum(['left', 'centre', 'right'], {
        description: 'Where listed rows begin that are shorter than others; centre by default',
      }),
    ),
    blocked: Type.Optional(
      Type.Record(GridRow, Type.String({ maxLength: maxListLength }), {
        additionalProperties: false,
        description: 'Seats that are not for sale, by row, if rows is a number: {"A": "1-4"}',
      }),
    ),
    focus: Type.Optional(
      Type.Object(
        {
          row: { ...Row, description: 'Its row' },
          column: Type.Optional(
            Type.Number({
              minimum: 1,
              maximum: maxColumns,
              description: 'A column, or halfway between two, such as 15.5, if rows is a number',
            }),
          ),
          seat: Type.Optional({ ...SeatText, description: 'A seat of the row, if rows is a list' }),
        },
        {
          additionalProperties: false,
          description: 'The point that the best seats are near; by default the middle of the front row',
        },
      ),
    ),
    capacity: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: maxSeatsPerZone,
        description: 'The number of places in a zone without seats, instead of rows',
      }),
    ),
  },
  { additionalProperties: false },
);

type Zone = Static<typeof Zone>;

/** What an entry describes, whatever its zones' ids. */
type Content = Omit<ZoneInventory, 'zoneId'> & { drawing?: RowDrawing[] };

/** Reads an entry, and notes the faults that a schema cannot express. `categoryIds` are the event's categories. */
export function readZone(zone: Zone, where: string, categoryIds: string[], reading: Reading): Content {
  const { zoneId, throughZoneId, rows, columns, capacity, focus } = zone;
  const fault = (field: string, detail: string) => reading.fault(where + field, detail);
  if (throughZoneId !== undefined && throughZoneId < zoneId) {
    fault('/throughZoneId', `must not be less than zoneId, which is ${zoneId}`);
  }
  const price = readPrice(zone, where, categoryIds, reading);
  if (Array.isArray(rows)) {
    for (const field of ['columns', 'capacity', 'blocked'] as const) {
      if (zone[field] !== undefined) fault(`/${field}`, 'cannot be beside a list of rows');
    }
    const { align = 'centre', category } = zone;
    const hall = readHall({ rows, align, category, focus, hasPrice: 'priceMinor' in price }, where, categoryIds, reading);
    return { capacity: 0, ...price, ...hall };
  }
  if (zone.align !== undefined) fault('/align', 'is only for a list of rows');
  const isGrid = rows !== undefined && columns !== undefined && capacity === undefined;
  const isCapacity = rows === undefined && columns === undefined && capacity !== undefined;
  const seats = isGrid ? rows * columns : (capacity ?? 0);
  if (!isGrid && !isCapacity) fault('', 'needs either rows and columns, or a capacity, and not both');
  if (seats > maxSeatsPerZone) fault('', `has ${seats} seats; at most ${maxSeatsPerZone} are allowed`);
  if (!isGrid) {
    if (focus) fault('/focus', 'must be within the rows and columns of the zone');
    if (zone.blocked) fault('/blocked', 'is only for seats');
    return { capacity: seats, ...price };
  }
  const grid = { rows, columns, focus: readGridFocus(focus, rows, columns, `${where}/focus`, reading) };
  const blocked = readBlocked(zone.blocked ?? {}, grid, `${where}/blocked`, reading);
  return { grid, capacity: seats, ...price, ...(blocked.length > 0 && { blocked }) };
}

/** A zone's one price, or its category; a list of rows may have no category, because its rows have some. */
function readPrice({ price, category }: Zone, where: string, categoryIds: string[], { amountAt, fault }: Reading) {
  if (price !== undefined && category !== undefined) fault(`${where}/category`, 'cannot be beside a price');
  if (category !== undefined && !categoryIds.includes(category)) {
    fault(`${where}/category`, `${category} is not one of the event's categories`);
  }
  if (price !== undefined) return { priceMinor: amountAt(`${where}/price`, price) };
  return { categories: category === undefined ? [] : [category] };
}
