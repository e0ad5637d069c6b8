import { type Static, Type } from 'typebox';
import type { Fault } from '../../basics/faults.ts';
import { patterned } from '../../basics/patterned.ts';
import { Money, maxColumns, maxRows, Row, ZoneId } from '../../terms/identifiers.ts';
import { formatMoney, isCurrency, parseMoney } from '../../terms/money.ts';
import { rowNumber } from '../../terms/row-label.ts';
import { frontCentre, type ZoneInventory } from '../zone-layout.ts';

export const maxZones = 10_000;
/** A zone's bitmap is read as a whole: 125 kB at this size. */
const maxSeatsPerZone = 1_000_000;
/** All zones share one bitmap. */
const maxSeats = 10_000_000;
const maxPriceMinor = 1_000_000_000_000;

/** One line of text. Half of a surrogate pair cannot be stored: MySQL would keep another name, which every run would find changed. */
export const Name = patterned(
  '^(?=.*\\S)[^\\p{Cc}\\p{Cs}\\p{Zl}\\p{Zp}]*$',
  'must be a line of text, without control characters, and not blank',
  { maxLength: 200 },
);

/** An entry of an event file's `zones`: one zone, or a range of identical zones. */
export const Zone = Type.Object(
  {
    zoneId: { ...ZoneId, description: 'The zone, or the first of a range' },
    throughZoneId: Type.Optional({ ...ZoneId, description: 'The last zone of a range of identical zones' }),
    name: Type.Optional(
      Type.String({ ...Name, description: 'The name of the zone or of each in the range; "Zone 7" by default' }),
    ),
    price: Type.String({ ...Money, description: 'The price of one ticket, with no more decimals than the currency has' }),
    rows: Type.Optional(Type.Integer({ minimum: 1, maximum: maxRows, description: 'The number of rows: A to Z, then AA' })),
    columns: Type.Optional(Type.Integer({ minimum: 1, maximum: maxColumns, description: 'The number of seats in each row' })),
    focus: Type.Optional(
      Type.Object(
        {
          row: Row,
          column: Type.Number({ minimum: 1, maximum: maxColumns, description: 'A column, or halfway between two, such as 15.5' }),
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
        description: 'The number of places in a zone without seats, instead of rows and columns',
      }),
    ),
  },
  { additionalProperties: false },
);

type Zone = Static<typeof Zone>;

export type Zones = { zones: ZoneInventory[]; zoneNames: Map<number, string>; faults: Fault[] };

/** Reads entries that match the schema, with their index in the file (`at`). Also returns the faults that a schema cannot express. */
export function readZones(entries: { at: number; zone: Zone }[], currency: string | undefined): Zones {
  const faults: Fault[] = [];
  const zones = new Map<number, ZoneInventory>();
  const zoneNames = new Map<number, string>();
  for (const { at, zone } of entries) {
    const where = `/zones/${at}`;
    const read = readZone(zone, currency);
    faults.push(...read.faults.map(({ pointer, detail }) => ({ pointer: where + pointer, detail })));
    for (let zoneId = zone.zoneId; zoneId <= (zone.throughZoneId ?? zone.zoneId); zoneId++) {
      if (zones.has(zoneId)) {
        faults.push({ pointer: where, detail: `describes zone ${zoneId} a second time; each zone may appear once` });
        break;
      }
      if (zones.size === maxZones) {
        faults.push({ pointer: where, detail: `exceeds the limit of ${maxZones} zones per event` });
        break;
      }
      zones.set(zoneId, { zoneId, ...read.zone });
      zoneNames.set(zoneId, zone.name ?? `Zone ${zoneId}`);
    }
  }
  const seats = zones.values().reduce((sum, { capacity }) => sum + capacity, 0);
  if (seats > maxSeats)
    faults.push({ pointer: '/zones', detail: `have ${seats} seats in total; at most ${maxSeats} are allowed` });
  return { zones: [...zones.values()], zoneNames, faults };
}

function readZone(zone: Zone, currency: string | undefined): { zone: Omit<ZoneInventory, 'zoneId'>; faults: Fault[] } {
  const { zoneId, throughZoneId, rows, columns, focus, capacity, price } = zone;
  const faults: Fault[] = [];
  if (throughZoneId !== undefined && throughZoneId < zoneId) {
    faults.push({ pointer: '/throughZoneId', detail: `must not be less than zoneId, which is ${zoneId}` });
  }
  const isGrid = rows !== undefined && columns !== undefined && capacity === undefined;
  const isCapacity = rows === undefined && columns === undefined && capacity !== undefined;
  const seats = isGrid ? rows * columns : (capacity ?? 0);
  if (!isGrid && !isCapacity) faults.push({ pointer: '', detail: 'needs either rows and columns, or a capacity, and not both' });
  if (seats > maxSeatsPerZone) faults.push({ pointer: '', detail: `has ${seats} seats; at most ${maxSeatsPerZone} are allowed` });
  if (focus && !(isGrid && rowNumber(focus.row) <= rows && focus.column <= columns)) {
    faults.push({ pointer: '/focus', detail: 'must be within the rows and columns of the zone' });
  } else if (focus && !Number.isInteger(focus.column * 2)) {
    faults.push({ pointer: '/focus/column', detail: 'must be a column number, or halfway between two, such as 4.5' });
  }
  const read = readPrice(price, currency);
  if ('fault' in read) faults.push({ pointer: '/price', detail: read.fault });
  const priceMinor = 'fault' in read ? 0 : read.minor;
  if (!isGrid) return { zone: { capacity: seats, priceMinor }, faults };
  const grid = { rows, columns, focus: focus ? { row: rowNumber(focus.row), column: focus.column } : frontCentre(columns) };
  return { zone: { grid, capacity: seats, priceMinor }, faults };
}

/** A price in minor units; 0 if there is no valid currency to check it by. */
function readPrice(price: string, currency: string | undefined): { minor: number } | { fault: string } {
  if (currency === undefined || !isCurrency(currency)) return { minor: 0 };
  try {
    const minor = parseMoney(price, currency);
    if (minor <= maxPriceMinor) return { minor: Number(minor) };
    return { fault: `must be at most ${formatMoney(maxPriceMinor, currency)} ${currency}` };
  } catch (error) {
    return { fault: (error as Error).message };
  }
}
