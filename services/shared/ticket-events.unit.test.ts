import { describe, expect, it } from 'vitest';
import { purchased } from '../../scripts/testing/purchases.ts';
import { cloudEventJson, type OutboxRecord, purchasedType, type TicketsPurchased, ticketEventCheck } from './ticket-events.ts';

const event = purchased({ eventId: 'Event1', venueId: 'Venue1', currency: 'USD' }, { sequence: 7, row: 'AB', column: 30 });
const [ticket] = event.data.tickets;
const record: OutboxRecord = {
  eventId: 'Event1',
  sequence: '7',
  type: purchasedType,
  timeMs: Date.UTC(2026, 4, 1, 10),
  data: JSON.stringify(event.data),
};

describe('a domain event that the relay makes of an outbox record', () => {
  it('is the CloudEvent that the consumer takes', () => {
    const made = JSON.parse(cloudEventJson(record));
    expect(made).toEqual(event);
    expect(ticketEventCheck.Check(made)).toBe(true);
  });

  it('carries the trace context of its purchase, and is as valid without', () => {
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    const made = JSON.parse(cloudEventJson({ ...record, traceparent }));
    expect(made).toEqual({ ...event, traceparent });
    expect(ticketEventCheck.Check(made)).toBe(true);
    expect(JSON.parse(cloudEventJson(record))).not.toHaveProperty('traceparent');
  });

  it('holds its data byte for byte, whatever another parser would make of the numbers', () => {
    const data = '{ "sequence": 7.0, "big": 12345678901234567890 }';
    expect(cloudEventJson({ ...record, data })).toContain(`"data":${data}}`);
  });
});

const without = (value: object, name: string) => Object.fromEntries(Object.entries(value).filter(([key]) => key !== name));
const withData = (data: object) => ({ ...event, data: { ...event.data, ...data } });
const withTicket = (changes: object) => withData({ tickets: [{ ...ticket, ...changes }] });
/** Fields that an event may lack: a row and a column where a zone has no seats. */
const optional = ['row', 'column'];

describe("the consumer's check", () => {
  it('takes a ticket without row and column, and an order with a buyer', () => {
    const general = without(without(ticket ?? {}, 'row'), 'column');
    expect(ticketEventCheck.Check(withData({ tickets: [general], buyerId: 'Buyer1' }))).toBe(true);
  });

  it.each([
    ...Object.keys(event).map((name) => [name, without(event, name)]),
    ...Object.keys(event.data).map((name) => [`data.${name}`, { ...event, data: without(event.data, name) }]),
    ...Object.keys(ticket ?? {})
      .filter((name) => !optional.includes(name))
      .map((name) => [`tickets[0].${name}`, withData({ tickets: [without(ticket ?? {}, name)] })]),
  ] as [string, object][])('refuses an event without %s', (_name, value) => {
    expect(ticketEventCheck.Check(value)).toBe(false);
  });

  it.each([
    ['null', null],
    ['a string', 'onsale.tickets.purchased'],
    ['an array', [event]],
    ['nothing', {}],
    ['an unknown type', { ...event, type: 'onsale.tickets.teleported' }],
    ['another version of its data', { ...event, dataschema: 'urn:onsale:tickets.purchased:2' }],
    ['another CloudEvents version', { ...event, specversion: '0.3' }],
    ['an endless trace context', { ...event, traceparent: '0'.repeat(129) }],
    ['data as text', { ...event, data: record.data }],
    ['sequence 0', withData({ sequence: 0 })],
    ['a sequence in words', withData({ sequence: '7' })],
    ['no ticket', withData({ tickets: [] })],
    ['1,001 tickets', withData({ tickets: Array.from({ length: 1_001 }, () => ticket) })],
    ['junk among its tickets', withData({ tickets: [ticket, 'junk'] })],
    ['a ticket id that is no UUID', withTicket({ ticketId: 'T1' })],
    ['a price in words', withTicket({ priceMinor: '10000' })],
    ['half a cent', withTicket({ priceMinor: 0.5 })],
    ['a negative price', withTicket({ priceMinor: -1 })],
    ['a row that is none', withTicket({ row: 'A1' })],
    ['column 0', withTicket({ column: 0 })],
    ['a currency that is none', withTicket({ currency: 'dollars' })],
  ] as [string, TicketsPurchased][])('refuses %s', (_what, value) => {
    expect(ticketEventCheck.Check(value)).toBe(false);
  });
});
