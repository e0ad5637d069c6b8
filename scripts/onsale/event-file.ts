import { type Static, Type } from 'typebox';
import { Value } from 'typebox/value';
import type { Inventory } from '../../services/purchase/seats/inventory.ts';
import { type Fault, listFaults } from '../../services/shared/faults.ts';
import { Currency, EventId, Money, maxColumns, maxRows, Row, VenueId, ZoneId } from '../../services/shared/identifiers.ts';
import { parseMoney } from '../../services/shared/money.ts';
import { rowNumber } from '../../services/shared/row-label.ts';
import { frontCentre, type ZoneInventory } from '../../services/shared/zone-layout.ts';

const maxZones = 10_000;
/** A zone's bitmap is read as a whole: 125 kB at this size. */
const maxSeatsPerZone = 1_000_000;
/** All zones share one bitmap. */
const maxSeats = 10_000_000;
/** Longer than a card form's p99; shorter, and buyers lose seats while they pay. */
export const defaultHoldSeconds = 600;
const maxHoldSeconds = 24 * 3_600;
const maxTicketsPerBuyer = 1_000_000;

const Name = Type.String({ minLength: 1, maxLength: 200 });

const zoneFields = {
  zoneId: ZoneId,
  throughZoneId: Type.Optional(ZoneId),
  name: Type.Optional(Name),
  price: Money,
};

const Zone = Type.Object(
  {
    ...zoneFields,
    rows: Type.Optional(Type.Integer({ minimum: 1, maximum: maxRows })),
    columns: Type.Optional(Type.Integer({ minimum: 1, maximum: maxColumns })),
    focus: Type.Optional(
      Type.Object({ row: Row, column: Type.Number({ minimum: 1, maximum: maxColumns }) }, { additionalProperties: false }),
    ),
    capacity: Type.Optional(Type.Integer({ minimum: 1, maximum: maxSeatsPerZone })),
  },
  { additionalProperties: false },
);

const EventFile = Type.Object(
  {
    venue: Type.Object({ venueId: VenueId, name: Name }, { additionalProperties: false }),
    event: Type.Object(
      {
        eventId: EventId,
        name: Name,
        onSaleAt: Type.String(),
        currency: Currency,
        holdSeconds: Type.Optional(Type.Integer({ minimum: 1, maximum: maxHoldSeconds })),
        ticketsPerBuyer: Type.Optional(Type.Integer({ minimum: 1, maximum: maxTicketsPerBuyer })),
      },
      { additionalProperties: false },
    ),
    zones: Type.Array(Zone, { minItems: 1, maxItems: maxZones }),
  },
  { additionalProperties: false },
);

/** An event as its file describes it: what the catalogue says of it, and the inventory to open. */
export type EventPlan = {
  venueName: string;
  eventName: string;
  zoneNames: Map<number, string>;
  inventory: Inventory;
};

/** Reads an event file's text. Throws one error that names every fault, each by its place in the file. */
export function parseEventFile(text: string): EventPlan {
  const file = parseJson(text);
  if (!Value.Check(EventFile, file)) throw invalid(listFaults(Value.Errors(EventFile, file)));
  const { venue, event } = file;

  const faults: Fault[] = [];
  const onSaleAtMs = Date.parse(event.onSaleAt);
  if (!/^\d{4}-\d{2}-\d{2}T.*(Z|[+-]\d{2}:\d{2})$/.test(event.onSaleAt) || Number.isNaN(onSaleAtMs)) {
    faults.push({ pointer: '/event/onSaleAt', detail: 'must be a time with its offset, as 2026-05-01T10:00:00Z' });
  }
  const zones = new Map<number, ZoneInventory>();
  const zoneNames = new Map<number, string>();
  for (const [at, zone] of file.zones.entries()) {
    const where = `/zones/${at}`;
    const read = readZone(zone, event.currency);
    if ('faults' in read) {
      faults.push(...read.faults.map(({ pointer, detail }) => ({ pointer: where + pointer, detail })));
      continue;
    }
    for (let zoneId = zone.zoneId; zoneId <= (zone.throughZoneId ?? zone.zoneId); zoneId++) {
      if (zones.has(zoneId)) {
        faults.push({ pointer: where, detail: `zone ${zoneId} is described twice` });
        break;
      }
      if (zones.size === maxZones) {
        faults.push({ pointer: where, detail: `an event has at most ${maxZones} zones` });
        break;
      }
      zones.set(zoneId, { zoneId, ...read.zone });
      zoneNames.set(zoneId, zone.name ?? `Zone ${zoneId}`);
    }
  }
  const seats = zones.values().reduce((sum, { capacity }) => sum + capacity, 0);
  if (seats > maxSeats) faults.push({ pointer: '/zones', detail: `have more than ${maxSeats} seats together` });
  if (faults.length > 0) throw invalid(faults);
  const { eventId, currency, holdSeconds = defaultHoldSeconds, ticketsPerBuyer } = event;
  const inventory = {
    eventId,
    venueId: venue.venueId,
    currency,
    onSaleAtMs,
    holdMs: holdSeconds * 1_000,
    ...(ticketsPerBuyer !== undefined && { ticketsPerBuyer }),
    zones: [...zones.values()],
  };
  return { venueName: venue.name, eventName: event.name, zoneNames, inventory };
}

type ReadZone = { zone: Omit<ZoneInventory, 'zoneId'> } | { faults: Fault[] };

function readZone(zone: Static<typeof Zone>, currency: string): ReadZone {
  const { zoneId, throughZoneId, rows, columns, focus, capacity, price } = zone;
  const faults: Fault[] = [];
  if (throughZoneId !== undefined && throughZoneId < zoneId) {
    faults.push({ pointer: '/throughZoneId', detail: `must not be below zoneId ${zoneId}` });
  }
  const isGrid = rows !== undefined && columns !== undefined && capacity === undefined;
  const isCapacity = rows === undefined && columns === undefined && capacity !== undefined;
  const seats = isGrid ? rows * columns : (capacity ?? 0);
  if (!isGrid && !isCapacity) faults.push({ pointer: '', detail: 'needs either rows and columns, or a capacity' });
  if (seats > maxSeatsPerZone) faults.push({ pointer: '', detail: `has more than ${maxSeatsPerZone} seats` });
  if (focus && !(isGrid && rowNumber(focus.row) <= rows && focus.column <= columns)) {
    faults.push({ pointer: '/focus', detail: 'is not in the zone' });
  } else if (focus && !Number.isInteger(focus.column * 2)) {
    faults.push({ pointer: '/focus/column', detail: 'must be a column, or the middle between two (4.5)' });
  }
  let priceMinor = 0;
  try {
    priceMinor = Number(parseMoney(price, currency));
    if (!Number.isSafeInteger(priceMinor) || priceMinor > 1e12) throw new RangeError(`"${price}" is too much`);
  } catch (error) {
    faults.push({ pointer: '/price', detail: (error as Error).message });
  }
  if (faults.length > 0) return { faults };
  if (!isGrid) return { zone: { capacity: seats, priceMinor } };
  const grid = { rows, columns, focus: focus ? { row: rowNumber(focus.row), column: focus.column } : frontCentre(columns) };
  return { zone: { grid, capacity: seats, priceMinor } };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`The event file is not JSON: ${(error as Error).message}`);
  }
}

function invalid(faults: Fault[]): Error {
  const lines = faults.map(({ pointer, detail }) => `  ${pointer || '/'} ${detail}`);
  return new Error(`The event file is not valid:\n${lines.join('\n')}`);
}
