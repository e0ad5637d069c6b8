import { type Static, Type } from 'typebox';
import { Compile } from 'typebox/compile';
import { BuyerId, Currency, EventId, maxColumns, Row, Timestamp, Uuid, VenueId, ZoneId } from './identifiers.ts';

/** Orders are bounded, so that a domain event is. */
const maxTicketsPerOrder = 1_000;

const TicketSold = Type.Object({
  ticketId: Uuid,
  zoneId: ZoneId,
  row: Type.Optional(Row),
  column: Type.Optional(Type.Integer({ minimum: 1, maximum: maxColumns })),
  priceMinor: Type.Integer({ minimum: 0, description: 'In minor units of the currency: 10000 is 100.00 USD' }),
  currency: Currency,
});

const TicketsPurchasedData = Type.Object({
  sequence: Type.Integer({ minimum: 1, description: 'The number of this domain event among those of its event' }),
  orderId: Uuid,
  buyerId: Type.Optional(BuyerId),
  venueId: VenueId,
  eventId: EventId,
  tickets: Type.Array(TicketSold, { minItems: 1, maxItems: maxTicketsPerOrder }),
});

export const purchasedType = 'onsale.tickets.purchased';

/** CloudEvents 1.0 (JSON format). `id` is unique within `source`; the version of `data` is the end of `dataschema`. */
const TicketsPurchased = Type.Object({
  specversion: Type.Literal('1.0'),
  id: Type.String({ minLength: 1, maxLength: 128 }),
  source: Type.String({ minLength: 1, maxLength: 128 }),
  type: Type.Literal(purchasedType),
  time: Timestamp,
  datacontenttype: Type.Literal('application/json'),
  dataschema: Type.Literal('urn:onsale:tickets.purchased:1'),
  traceparent: Type.Optional(Type.String({ maxLength: 128 })),
  data: TicketsPurchasedData,
});

export type TicketsPurchased = Static<typeof TicketsPurchased>;

/** Every domain event that there is: the producer's type, and the consumer's check. */
export const ticketEventCheck = Compile(TicketsPurchased);

export const batchContentType = 'application/cloudevents-batch+json';

/** A domain event as the outbox keeps it: what the script alone knows, with `data` already JSON. */
export type OutboxRecord = {
  eventId: string;
  sequence: string;
  type: string;
  timeMs: number;
  data: string;
  traceparent?: string;
};

/** The CloudEvent of an outbox record, as JSON; `data` is spliced in as it is, not parsed and written again. */
export function cloudEventJson({ eventId, sequence, type, timeMs, data, traceparent }: OutboxRecord): string {
  const envelope = JSON.stringify({
    specversion: '1.0',
    id: sequence,
    source: `/onsale/events/${eventId}`,
    type,
    time: new Date(timeMs).toISOString(),
    datacontenttype: 'application/json',
    dataschema: `urn:${type.replace('.', ':')}:1`,
    traceparent,
  });
  return `${envelope.slice(0, -1)},"data":${data}}`;
}
