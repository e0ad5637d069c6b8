import { type Static, Type } from 'typebox';
import { Value } from 'typebox/value';
import { type Fault, listFaults } from '../../basics/faults.ts';
import { Currency, EventId, HallId, mainOrganiser, OrganiserId, VenueId } from '../../terms/identifiers.ts';
import { isCurrency } from '../../terms/money.ts';
import type { Inventory } from '../inventory.ts';
import type { RowDrawing } from './drawing.ts';
import { isTimeZone, parseEventTime } from './event-time.ts';
import { offerFields, readOffer } from './offer-file.ts';
import { EventTime, idsIn, Name, startReading } from './reading.ts';
import { Zone } from './zone-entry.ts';
import { maxZones, readZones } from './zone-file.ts';

/** Longer than a card form's p99; shorter, and buyers lose seats while they pay. */
export const defaultHoldSeconds = 600;
const maxHoldSeconds = 24 * 3_600;
const maxTicketsPerBuyer = 1_000_000;
/** What one script call decides on in bounded time. */
const maxTicketsPerOrder = 50;
const maxFaultsShown = 50;

/** An event file's form, with its own zones. */
export const EventFile = Type.Object(
  {
    $schema: Type.Optional(Type.String({ description: 'The JSON Schema of this file, for editors; Onsale ignores it' })),
    venue: Type.Object(
      {
        venueId: VenueId,
        name: Type.String({ ...Name, description: "The venue's name for this event" }),
        timeZone: Type.Optional(
          Type.String({ maxLength: 64, description: 'Its time zone in the IANA database', examples: ['Europe/Vienna'] }),
        ),
      },
      { additionalProperties: false, description: 'Where the event takes place' },
    ),
    event: Type.Object(
      {
        eventId: EventId,
        name: Type.String({ ...Name, description: "The event's name" }),
        organiserId: Type.Optional({ ...OrganiserId, description: 'Who sells it', default: mainOrganiser }),
        buyers: Type.Optional(
          Type.Enum(['anyone', 'signed-in'], {
            default: 'anyone',
            description: 'Who can buy. signed-in: only buyers with an account, and those who may sell for the organiser',
          }),
        ),
        payment: Type.Optional(
          Type.Enum(['none', 'required'], {
            default: 'none',
            description:
              'required: buyers get tickets only through checkout, and those who may sell for the organiser say how they were paid',
          }),
        ),
        onSaleAt: EventTime('When the sale begins: a date and time, with its UTC offset unless the venue has a time zone'),
        offSaleAt: Type.Optional(EventTime('When the sale ends; without it, never')),
        startsAt: Type.Optional(EventTime('When the event itself begins')),
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
        ticketsPerOrder: Type.Optional(
          Type.Integer({
            minimum: 1,
            maximum: maxTicketsPerOrder,
            default: 10,
            description: 'The most tickets in one order or hold',
          }),
        ),
      },
      { additionalProperties: false, description: 'What is sold, and from when' },
    ),
    ...offerFields,
    zones: Type.Array(Zone, {
      minItems: 1,
      maxItems: maxZones,
      description: 'The zones, each with a grid of seats, a list of rows, or a capacity',
    }),
  },
  { additionalProperties: false },
);

/**
 * An event file as people write it: it may name a hall instead of zones. Its JSON Schema for editors, scripts/demo/event.schema.json, is
 * generated from this.
 */
export const WrittenEventFile = Type.Object(
  {
    ...EventFile.properties,
    zones: Type.Optional(EventFile.properties.zones),
    hall: Type.Optional({ ...HallId, description: "Instead of zones: one of the organiser's halls, whose zones are copied" }),
  },
  { additionalProperties: false, oneOf: [{ required: ['zones'] }, { required: ['hall'] }] },
);

/** An event file without the reference to its schema. */
export type EventDocument = Omit<Static<typeof EventFile>, '$schema'>;

/**
 * An event as its file describes it: its names, the inventory to open, and what only MySQL's catalogue has. `drawings`: by zone, an
 * entry for each row of a hall; absent: all rows are drawn where their positions are. `offsetMinutes`: the UTC offset in which its
 * on-sale time was written; `timeZone`: the venue's, an IANA name. `document`: the file itself, if the plan comes from one.
 */
export type EventPlan = {
  venueName: string;
  eventName: string;
  zoneNames: Map<number, string>;
  inventory: Inventory;
  drawings?: Map<number, RowDrawing[]>;
  startsAtMs?: number;
  timeZone?: string;
  offsetMinutes?: number;
  document?: EventDocument;
};

/** Parses the text of an event file. Throws one error that lists every fault with its place in the file. */
export function parseEventFile(text: string, nowMs = Date.now()): EventPlan {
  const read = readEventFile(parseFileJson(text), nowMs);
  if ('faults' in read) throw invalidFile(read.faults);
  return read.plan;
}

/** Reads an event file that was parsed as JSON: its plan, or every fault with its place in the file. */
export function readEventFile(file: unknown, nowMs = Date.now()): { plan: EventPlan } | { faults: Fault[] } {
  const isWellFormed = Value.Check(EventFile, file);
  const faults = isWellFormed ? [] : listFaults(Value.Errors(EventFile, file));

  // Well-formed parts are checked further even if other parts are malformed, so that one error lists all faults.
  const { venue: anyVenue, event: anyEvent, zones: anyZones, ...offers } = Object(file) as Record<string, unknown>;
  const { timeZone: anyTimeZone } = Object(anyVenue) as { timeZone?: unknown };
  const timeZone = typeof anyTimeZone === 'string' && isTimeZone(anyTimeZone) ? anyTimeZone : undefined;
  const { currency, onSaleAt, ...otherTimes } = Object(anyEvent) as Record<string, unknown>;
  const code = Value.Check(Currency, currency) ? currency : undefined;
  const parseTime = (time: string) => parseEventTime(time, { nowMs, timeZone });
  const reading = startReading(faults, code, parseTime);
  if (typeof anyTimeZone === 'string' && timeZone === undefined) {
    reading.fault('/venue/timeZone', 'must be a time zone of the IANA database, such as Europe/Vienna');
  }
  const timeAt = (field: string, time: unknown) =>
    typeof time === 'string' ? reading.timeAt(`/event/${field}`, time) : undefined;
  const onSaleAtMs = timeAt('onSaleAt', onSaleAt);
  const offSaleAtMs = timeAt('offSaleAt', otherTimes.offSaleAt);
  const startsAtMs = timeAt('startsAt', otherTimes.startsAt);
  for (const [field, ms] of Object.entries({ offSaleAt: offSaleAtMs, startsAt: startsAtMs })) {
    if (onSaleAtMs !== undefined && ms !== undefined && ms <= onSaleAtMs)
      reading.fault(`/event/${field}`, 'must be later than onSaleAt');
  }
  if (code !== undefined && !isCurrency(code)) {
    reading.fault('/event/currency', `must be an ISO 4217 currency, such as USD; ${code} is not one`);
  }
  const offer = readOffer(offers, reading);
  const { zones, zoneNames, drawings } = readZones(anyZones, idsIn(offers.categories, 'categoryId'), reading);

  if (!isWellFormed || onSaleAtMs === undefined || faults.length > 0) return { faults };
  const { $schema: _, ...document } = file;
  const { venue, event } = document;
  const { eventId, organiserId = mainOrganiser, buyers = 'anyone', payment = 'none', holdSeconds = defaultHoldSeconds } = event;
  const { ticketsPerBuyer, ticketsPerOrder } = event;
  const hasOffer = Object.values(offer).some((list) => list.length > 0);
  const inventory = {
    eventId,
    ...(organiserId !== mainOrganiser && { organiserId }),
    ...(buyers !== 'anyone' && { buyers }),
    ...(payment !== 'none' && { payment }),
    venueId: venue.venueId,
    currency: event.currency,
    onSaleAtMs,
    ...(offSaleAtMs !== undefined && { offSaleAtMs }),
    holdMs: holdSeconds * 1_000,
    ...(ticketsPerBuyer !== undefined && { ticketsPerBuyer }),
    ...(ticketsPerOrder !== undefined && { ticketsPerOrder }),
    ...(hasOffer && { offer }),
    zones,
  };
  const written = parseTime(event.onSaleAt);
  const plan = {
    venueName: venue.name,
    eventName: event.name,
    zoneNames,
    inventory,
    ...('offsetMinutes' in written && { offsetMinutes: written.offsetMinutes }),
    ...(startsAtMs !== undefined && { startsAtMs }),
    ...(timeZone !== undefined && { timeZone }),
    ...(drawings.size > 0 && { drawings }),
    document,
  };
  return { plan };
}

/** Parses the text of an event file as JSON. Throws if it is none. */
export function parseFileJson(text: string): unknown {
  try {
    // Editors on Windows mark the byte order.
    return JSON.parse(text.replace(/^\ufeff/, ''));
  } catch (error) {
    throw new Error(`The event file is not valid JSON: ${(error as Error).message}`);
  }
}

/** The error that lists the faults of an event file. */
export function invalidFile(faults: Fault[]): Error {
  const lines = faults.slice(0, maxFaultsShown).map(({ pointer, detail }) => `  ${pointer || '/'} ${detail}`);
  const left = faults.length - lines.length;
  if (left > 0) lines.push(`  … and ${left} more`);
  return new Error(`The event file is not valid (/zones/0 is the first entry of "zones"):\n${lines.join('\n')}`);
}
