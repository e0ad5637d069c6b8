import { type Static, type TSchema, Type } from 'typebox';
import { Compile } from 'typebox/compile';
import { type Fault, listFaults } from './faults.ts';
import { BuyerId, Currency, EventId, maxColumns, Row, Timestamp, Uuid, VenueId, ZoneId } from './identifiers.ts';

/** Orders are bounded, so that a domain event is. */
const maxTicketsPerOrder = 1_000;

const Column = Type.Integer({ minimum: 1, maximum: maxColumns });
const PriceMinor = Type.Integer({
  minimum: 0,
  maximum: Number.MAX_SAFE_INTEGER,
  description: 'In minor units of the currency: 10000 is 100.00 USD',
});

const TicketSold = Type.Object({
  ticketId: Uuid,
  zoneId: ZoneId,
  row: Type.Optional(Row),
  column: Type.Optional(Column),
  priceMinor: PriceMinor,
  currency: Currency,
});

const anyOrder = {
  sequence: Type.Integer({ minimum: 1, description: 'The number of this domain event among those of its event' }),
  orderId: Uuid,
  buyerId: Type.Optional(BuyerId),
  venueId: VenueId,
  eventId: EventId,
  tickets: Type.Array(TicketSold, { minItems: 1, maxItems: maxTicketsPerOrder }),
};

/** CloudEvents 1.0 (JSON format). `id` is unique within `source`; the version of `data` is the end of `dataschema`. */
const cloudEvent = <Name extends string, Data extends TSchema>(name: Name, data: Data) =>
  Type.Object({
    specversion: Type.Literal('1.0'),
    id: Type.String({ minLength: 1, maxLength: 128 }),
    source: Type.String({ minLength: 1, maxLength: 128 }),
    type: Type.Literal(`onsale.tickets.${name}` as const),
    time: Timestamp,
    datacontenttype: Type.Literal('application/json'),
    dataschema: Type.Literal(`urn:onsale:tickets.${name}:1` as const),
    // W3C Trace Context; for traces alone, so that nothing depends on what it says.
    traceparent: Type.Optional(Type.Unknown()),
    data,
  });

/** An order, with all of its tickets. */
const TicketsPurchased = cloudEvent('purchased', Type.Object(anyOrder));

/** Some or all of an order's tickets, as they were sold, and when: it may come before their purchase. */
const TicketsCancelled = cloudEvent(
  'cancelled',
  Type.Object({
    ...anyOrder,
    purchase: Type.Object({
      sequence: Type.Integer({ minimum: 1, description: 'The number of the domain event that sold them' }),
      timeMs: Type.Integer({ minimum: 0, maximum: 8.64e15, description: 'When it did, in milliseconds since 1970' }),
    }),
  }),
);

/**
 * A ticket that was sold and has not got its seat, because another one has it: its buyer is to be compensated. It has no sequence,
 * as it follows from others, and its id is that of its ticket: told again, it is the same.
 */
const TicketsConflicted = cloudEvent(
  'conflicted',
  Type.Object({
    eventId: EventId,
    venueId: VenueId,
    zoneId: ZoneId,
    row: Row,
    column: Column,
    ticketId: Uuid,
    orderId: Uuid,
    buyerId: Type.Optional(BuyerId),
    priceMinor: PriceMinor,
    currency: Currency,
    liveTicketId: Type.String({ ...Uuid, description: 'The ticket that has the seat' }),
    liveOrderId: Type.String({ ...Uuid, description: 'Its order' }),
  }),
);

export type TicketsPurchased = Static<typeof TicketsPurchased>;
export type TicketsCancelled = Static<typeof TicketsCancelled>;
export type TicketsConflicted = Static<typeof TicketsConflicted>;
/** What happened to tickets, numbered: all that the projection is made of. */
export type TicketEvent = TicketsPurchased | TicketsCancelled;

/** Every domain event that there is, by its type. */
const checks = new Map(
  [TicketsPurchased, TicketsCancelled].map((schema) => {
    const check = Compile(schema);
    return [schema.properties.type.const as string, check];
  }),
);
const conflictCheck = Compile(TicketsConflicted);
const conflictedType = TicketsConflicted.properties.type.const;
const claimCheck = Compile(Type.Object({ type: Type.String() }));

/**
 * Checks a domain event as what its type says that it is: the faults are those of that type alone. A conflict is apart, for
 * whoever projects tickets has told it.
 */
export function checkTicketEvent(entry: unknown): { event: TicketEvent } | { conflict: TicketsConflicted } | { faults: Fault[] } {
  if (!claimCheck.Check(entry)) return { faults: listFaults(claimCheck.Errors(entry)) };
  if (entry.type === conflictedType) {
    return conflictCheck.Check(entry) ? { conflict: entry } : { faults: listFaults(conflictCheck.Errors(entry)) };
  }
  const check = checks.get(entry.type);
  if (!check) return { faults: [{ pointer: '/type', detail: `is unknown: ${entry.type}` }] };
  return check.Check(entry) ? { event: entry } : { faults: listFaults(check.Errors(entry)) };
}

export const batchContentType = 'application/cloudevents-batch+json';

/** A domain event as the outbox keeps it: what the script alone knows, with `data` already JSON. */
export type OutboxRecord = {
  eventId: string;
  sequence: number;
  type: string;
  timeMs: number;
  data: string;
  traceparent?: string;
};

/** The CloudEvent of an outbox record, as JSON. Spliced, not made by JSON.stringify: nothing in it has a character to escape. */
export function cloudEventJson({ eventId, sequence, type, timeMs, data, traceparent }: OutboxRecord): string {
  const time = new Date(timeMs).toISOString();
  const trace = traceparent === undefined ? '' : `"traceparent":"${traceparent}",`;
  return (
    `{"specversion":"1.0","id":"${sequence}","source":"/onsale/events/${eventId}","type":"${type}","time":"${time}",` +
    `"datacontenttype":"application/json","dataschema":"urn:${type.replace('.', ':')}:1",${trace}"data":${data}}`
  );
}
