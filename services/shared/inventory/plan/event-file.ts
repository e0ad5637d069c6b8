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

/** An event file's form. Its JSON Schema for editors, scripts/demo/event.schema.json, is generated from this. */
export const EventFile = Type.Object(
  {
    $schema: Type.Optional(Type.String({ description: 'The JSON Schema of this file, for editors; Onsale ignores it' })),
    venue: Type.Object(
      { venueId: VenueId, name: Type.String({ ...Name, description: "The venue's name for this event" }) },
      { additionalProperties: false, description: 'Where the event takes place' },
    ),
    event: Type.Object(
      {
        eventId: EventId,
        name: Type.String({ ...Name, description: "The event's name" }),
        onSaleAt: Type.String({
          description: 'When the sale begins: a date and time with its UTC offset',
          examples: ['2026-12-01T10:00:00+01:00'],
        }),
        currency: Currency,
        holdSeconds: Type.Optional(
          Type.Integer({
            minimum: 1,
            maximum: maxHoldSeconds,
            default: defaultHoldSeconds,
            description: 'How long a hold lasts',
          }),
        ),
        ticketsPerBuyer: Type.Optional(
          Type.Integer({
            minimum: 1,
            maximum: maxTicketsPerBuyer,
            description: 'The most tickets that one buyer may own or hold; purchases then need a buyerId. Without it, no limit',
          }),
        ),
      },
      { additionalProperties: false, description: 'What is sold, and from when' },
    ),
    zones: Type.Array(Zone, {
      minItems: 1,
      maxItems: maxZones,
      description: 'The zones, each with a grid of seats or a capacity',
    }),
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
