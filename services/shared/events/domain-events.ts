import { type Static, type TSchema, Type } from 'typebox';
import { Compile } from 'typebox/compile';
import { type Fault, listFaults } from '../basics/faults.ts';
import { PriceMinor, SoldOrder, SoldTicket } from '../inventory/order.ts';
import { BuyerId, Currency, EventId, Row, Timestamp, Uuid, VenueId, ZoneId } from '../terms/identifiers.ts';
import { SeatLabel } from '../terms/seat-label.ts';

/** CloudEvents 1.0 (JSON format). `id` is unique within `source`; `dataschema` ends with the version of `data`. */
export const cloudEvent = <Subject extends string, Name extends string, Data extends TSchema>(
  subject: Subject,
  name: Name,
  data: Data,
) =>
  Type.Object({
    specversion: Type.Literal('1.0'),
    id: Type.String({ minLength: 1, maxLength: 128 }),
    source: Type.String({ minLength: 1, maxLength: 128 }),
    type: Type.Literal(`onsale.${subject}.${name}` as const),
    time: Timestamp,
    datacontenttype: Type.Literal('application/json'),
    dataschema: Type.Literal(`urn:onsale:${subject}.${name}:1` as const),
    // W3C Trace Context. Only tracing uses it, so any value is valid.
    traceparent: Type.Optional(Type.Unknown()),
    data,
  });

/** An order, with all of its tickets. */
const TicketsPurchased = cloudEvent('tickets', 'purchased', SoldOrder);

/** Some or all of an order's tickets, as they were sold, and when they were. It may arrive before their purchase. */
const TicketsCancelled = cloudEvent(
  'tickets',
  'cancelled',
  Type.Object({
    ...SoldOrder.properties,
    purchase: Type.Object({
      sequence: Type.Integer({ minimum: 1, description: 'The sequence number of the domain event that sold them' }),
      timeMs: Type.Integer({ minimum: 0, maximum: 8.64e15, description: 'When they were sold, in milliseconds since 1970' }),
    }),
  }),
);

/**
 * Tickets of an order got other seats, at the same price: each in `tickets`, as it was sold and when, is replaced by the ticket in
 * `replacements` at the same position. It may arrive before the tickets' purchase.
 */
const TicketsExchanged = cloudEvent(
  'tickets',
  'exchanged',
  Type.Object({
    ...TicketsCancelled.properties.data.properties,
    replacements: Type.Array(SoldTicket, { minItems: 1, maxItems: 1_000 }),
  }),
);

/**
 * A ticket was sold but did not get its seat, because another ticket owns it: the buyer must be compensated. It has no sequence number,
 * because it follows from other domain events. Its id derives from the ticket's, so publishing it again repeats the same domain event.
 */
const TicketsConflicted = cloudEvent(
  'tickets',
  'conflicted',
  Type.Object({
    eventId: EventId,
    venueId: VenueId,
    zoneId: ZoneId,
    row: Row,
    column: SeatLabel,
    ticketId: Uuid,
    orderId: Uuid,
    buyerId: Type.Optional(BuyerId),
    priceMinor: PriceMinor,
    currency: Currency,
    liveTicketId: Type.String({ ...Uuid, description: 'The ticket that owns the seat' }),
    liveOrderId: Type.String({ ...Uuid, description: 'Its order' }),
  }),
);

export type TicketsPurchased = Static<typeof TicketsPurchased>;
export type TicketsCancelled = Static<typeof TicketsCancelled>;
export type TicketsExchanged = Static<typeof TicketsExchanged>;
export type TicketsConflicted = Static<typeof TicketsConflicted>;
/** The numbered domain events, from which the projection is built. */
export type DomainEvent = TicketsPurchased | TicketsCancelled | TicketsExchanged;

/** The checks of the numbered domain events, by type. */
const checks = new Map(
  [TicketsPurchased, TicketsCancelled, TicketsExchanged].map((schema) => {
    const check = Compile(schema);
    return [schema.properties.type.const as string, check];
  }),
);
const conflictCheck = Compile(TicketsConflicted);
const conflictedType = TicketsConflicted.properties.type.const;
const claimCheck = Compile(Type.Object({ type: Type.String() }));

/**
 * Checks a domain event against the schema of its type; the faults are for that type only. A conflict is returned separately, because
 * the projection itself publishes conflicts. An unknown type is not a fault: a newer producer may publish it.
 */
export function checkDomainEvent(
  entry: unknown,
): { domainEvent: DomainEvent } | { conflict: TicketsConflicted } | { unknownType: string } | { faults: Fault[] } {
  if (!claimCheck.Check(entry)) return { faults: listFaults(claimCheck.Errors(entry)) };
  if (entry.type === conflictedType) {
    return conflictCheck.Check(entry) ? { conflict: entry } : { faults: listFaults(conflictCheck.Errors(entry)) };
  }
  const check = checks.get(entry.type);
  if (!check) return { unknownType: entry.type };
  if (!check.Check(entry)) return { faults: listFaults(check.Errors(entry)) };
  if (entry.type === 'onsale.tickets.exchanged' && entry.data.replacements.length !== entry.data.tickets.length)
    return { faults: [{ pointer: '/data/replacements', detail: 'must have one ticket for each in /data/tickets' }] };
  return { domainEvent: entry };
}

/** All tickets that a domain event concerns. */
export const ticketsOf = ({ type, data }: DomainEvent) =>
  type === 'onsale.tickets.exchanged' ? [...data.tickets, ...data.replacements] : data.tickets;

export const batchContentType = 'application/cloudevents-batch+json';

/** A domain event as the outbox stores it: only what the script knows, with `data` already in JSON. */
export type OutboxRecord = {
  eventId: string;
  sequence: number;
  type: string;
  timeMs: number;
  data: string;
  traceparent?: string;
};

/**
 * The CloudEvent for an outbox record, as JSON. Built by hand instead of JSON.stringify: nothing in it needs escaping. `source`: where its
 * sequence number is unique.
 */
export function cloudEventJson(
  { eventId, sequence, type, timeMs, data, traceparent }: OutboxRecord,
  source = `/onsale/events/${eventId}`,
): string {
  const time = new Date(timeMs).toISOString();
  const trace = traceparent === undefined ? '' : `"traceparent":"${traceparent}",`;
  return (
    `{"specversion":"1.0","id":"${sequence}","source":"${source}","type":"${type}","time":"${time}",` +
    `"datacontenttype":"application/json","dataschema":"urn:${type.replace('.', ':')}:1",${trace}"data":${data}}`
  );
}
