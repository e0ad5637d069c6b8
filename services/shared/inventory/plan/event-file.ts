import { Type } from 'typebox';
import { Value } from 'typebox/value';
import { type Fault, listFaults } from '../../basics/faults.ts';
import { Currency, EventId, VenueId } from '../../terms/identifiers.ts';
import { isCurrency } from '../../terms/money.ts';
import type { Inventory } from '../inventory.ts';
import { parseOnSaleTime } from './on-sale-time.ts';
import { maxZones, Name, readZones, Zone } from './zone-file.ts';

/** Longer than a card form's p99; shorter, and buyers lose seats while they pay. */
export const defaultHoldSeconds = 600;
const maxHoldSeconds = 24 * 3_600;
const maxTicketsPerBuyer = 1_000_000;
const maxFaultsShown = 50;

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

/** An event as its file describes it: its names, the inventory to open, and the UTC offset in which its on-sale time was written. */
export type EventPlan = {
  venueName: string;
  eventName: string;
  zoneNames: Map<number, string>;
  inventory: Inventory;
  offsetMinutes?: number;
};

/** Parses the text of an event file. Throws one error that lists every fault with its place in the file. */
export function parseEventFile(text: string, nowMs = Date.now()): EventPlan {
  const file = parseJson(text);
  const isWellFormed = Value.Check(EventFile, file);
  const faults = isWellFormed ? [] : listFaults(Value.Errors(EventFile, file));

  // Well-formed parts are checked further even if other parts are malformed, so that one error lists all faults.
  const { event: anyEvent, zones: anyZones } = Object(file) as { event?: unknown; zones?: unknown };
  const { onSaleAt, currency } = Object(anyEvent) as { onSaleAt?: unknown; currency?: unknown };
  const onSale = typeof onSaleAt === 'string' ? parseOnSaleTime(onSaleAt, nowMs) : undefined;
  if (onSale && 'fault' in onSale) faults.push({ pointer: '/event/onSaleAt', detail: onSale.fault });
  const code = Value.Check(Currency, currency) ? currency : undefined;
  if (code !== undefined && !isCurrency(code)) {
    faults.push({ pointer: '/event/currency', detail: `must be an ISO 4217 currency, such as USD; ${code} is not one` });
  }
  const entries = (Array.isArray(anyZones) ? anyZones.slice(0, maxZones) : []).flatMap((zone: unknown, at) =>
    Value.Check(Zone, zone) ? [{ at, zone }] : [],
  );
  const { zones, zoneNames, faults: zoneFaults } = readZones(entries, code);
  faults.push(...zoneFaults);

  if (!isWellFormed || !onSale || 'fault' in onSale || faults.length > 0) throw invalid(faults);
  const { venue, event } = file;
  const { eventId, holdSeconds = defaultHoldSeconds, ticketsPerBuyer } = event;
  const inventory = {
    eventId,
    venueId: venue.venueId,
    currency: event.currency,
    onSaleAtMs: onSale.ms,
    holdMs: holdSeconds * 1_000,
    ...(ticketsPerBuyer !== undefined && { ticketsPerBuyer }),
    zones,
  };
  return { venueName: venue.name, eventName: event.name, zoneNames, inventory, offsetMinutes: onSale.offsetMinutes };
}

function parseJson(text: string): unknown {
  try {
    // Editors on Windows mark the byte order.
    return JSON.parse(text.replace(/^\ufeff/, ''));
  } catch (error) {
    throw new Error(`The event file is not valid JSON: ${(error as Error).message}`);
  }
}

function invalid(faults: Fault[]): Error {
  const lines = faults.slice(0, maxFaultsShown).map(({ pointer, detail }) => `  ${pointer || '/'} ${detail}`);
  const left = faults.length - lines.length;
  if (left > 0) lines.push(`  … and ${left} more`);
  return new Error(`The event file is not valid (/zones/0 is the first entry of "zones"):\n${lines.join('\n')}`);
}
