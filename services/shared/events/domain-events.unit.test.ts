import { describe, expect, it } from 'vitest';
import { cancelled, exchanged, purchased } from '../../../scripts/testing/purchases.ts';
import { checkDomainEvent, cloudEventJson, type OutboxRecord } from './domain-events.ts';

const purchase = purchased({ eventId: 'Event1', venueId: 'Venue1', currency: 'USD' }, { sequence: 7, row: 'AB', column: 30 });
const [ticket] = purchase.data.tickets;
const cancellation = cancelled(purchase, 9);
const exchange = exchanged(purchase, 9, [0], [{ zoneId: 2, row: 'Loge 3', column: '12A' }]);
const conflict = {
  ...purchase,
  id: `conflict-${ticket?.ticketId}`,
  type: 'onsale.tickets.conflicted',
  dataschema: 'urn:onsale:tickets.conflicted:1',
  data: {
    ...{ ...ticket, orderId: purchase.data.orderId, eventId: 'Event1', venueId: 'Venue1' },
    ...{ liveTicketId: cancellation.data.orderId, liveOrderId: cancellation.data.orderId },
  },
};
const record: OutboxRecord = {
  eventId: 'Event1',
  sequence: 7,
  type: purchase.type,
  timeMs: Date.UTC(2026, 4, 1, 10),
  data: JSON.stringify(purchase.data),
};

describe('a domain event that the relay builds from an outbox record', () => {
  it.each([
    [purchase.type, purchase],
    [cancellation.type, cancellation],
    [exchange.type, exchange],
  ])('is a CloudEvent that the consumer accepts: %s', (type, whole) => {
    const timeMs = Date.parse(whole.time);
    const made = JSON.parse(
      cloudEventJson({ ...record, sequence: whole.data.sequence, type, timeMs, data: JSON.stringify(whole.data) }),
    );
    expect(made).toEqual(whole);
    expect(checkDomainEvent(made)).toEqual({ domainEvent: whole });
  });

  it('carries the trace context of its purchase, and is also valid without one', () => {
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    const made = JSON.parse(cloudEventJson({ ...record, traceparent }));
    expect(made).toEqual({ ...purchase, traceparent });
    expect(checkDomainEvent(made)).toEqual({ domainEvent: made });
    expect(JSON.parse(cloudEventJson(record))).not.toHaveProperty('traceparent');
  });

  it('contains its data byte for byte, without parsing numbers', () => {
    const data = '{ "sequence": 7.0, "big": 12345678901234567890 }';
    expect(cloudEventJson({ ...record, data })).toContain(`"data":${data}}`);
  });
});

const without = (value: object, name: string) => Object.fromEntries(Object.entries(value).filter(([key]) => key !== name));
const withData = (data: object) => ({ ...purchase, data: { ...purchase.data, ...data } });
const withTicket = (changes: object) => withData({ tickets: [{ ...ticket, ...changes }] });
const withReplacements = (replacements: unknown[]) => ({ ...exchange, data: { ...exchange.data, replacements } });
/** Fields that a ticket may lack: a zone without seats has no rows and columns. */
const optional = ['row', 'column'];

/** The faults of a domain event, as texts. */
function faultsOf(entry: unknown): string[] {
  const checked = checkDomainEvent(entry);
  return 'faults' in checked ? checked.faults.map(({ pointer, detail }) => `${pointer} ${detail}`) : [];
}

describe("the consumer's check", () => {
  it('accepts a ticket without row and column, and an order with a buyer', () => {
    const general = without(without(ticket ?? {}, 'row'), 'column');
    expect(faultsOf(withData({ tickets: [general], buyerId: 'Buyer1' }))).toEqual([]);
  });

  it.each(['', '0'.repeat(1_000), 7, null])('accepts a domain event with an invalid trace context: %j', (traceparent) => {
    expect(faultsOf({ ...purchase, traceparent })).toEqual([]);
  });

  it('returns a conflict separately, with and without a buyer', () => {
    expect(checkDomainEvent(conflict)).toEqual({ conflict });
    const withBuyer = { ...conflict, data: { ...conflict.data, buyerId: 'Buyer1' } };
    expect(checkDomainEvent(withBuyer)).toEqual({ conflict: withBuyer });
  });

  it.each(['onsale.tickets.teleported', 'constructor', ''])(
    'finds no fault with an unknown type, whatever it holds: %j',
    (type) => {
      expect(checkDomainEvent({ type, data: 7 })).toEqual({ unknownType: type });
    },
  );

  it.each([
    ...[purchase, cancellation, exchange, conflict].flatMap((whole) => [
      ...Object.keys(whole).map((name) => [whole.type, `/${name}`, without(whole, name)]),
      ...Object.keys(whole.data).map((name) => [whole.type, `/data/${name}`, { ...whole, data: without(whole.data, name) }]),
    ]),
    ...Object.keys(ticket ?? {})
      .filter((name) => !optional.includes(name))
      .map((name) => [purchase.type, `/data/tickets/0/${name}`, withData({ tickets: [without(ticket ?? {}, name)] })]),
    ...Object.keys(cancellation.data.purchase).map((name) => [
      cancellation.type,
      `/data/purchase/${name}`,
      { ...cancellation, data: { ...cancellation.data, purchase: without(cancellation.data.purchase, name) } },
    ]),
  ] as [string, string, object][])('rejects %s without %s, and names only that', (_type, pointer, value) => {
    expect(faultsOf(value)).toEqual([`${pointer} is missing`]);
  });

  it.each([
    ['null', null, [' must be an object']],
    ['a string', 'onsale.tickets.purchased', [' must be an object']],
    ['an array', [purchase], [' must be an object']],
    ['nothing', {}, ['/type is missing']],
    ['a type that is not a string', { ...purchase, type: 7 }, ['/type must be a string']],
    ["a purchase with a cancellation's schema", { ...purchase, dataschema: cancellation.dataschema }, [/^\/dataschema /]],
    ['another version of its data', { ...purchase, dataschema: 'urn:onsale:tickets.purchased:2' }, [/^\/dataschema /]],
    ['another CloudEvents version', { ...purchase, specversion: '0.3' }, [/^\/specversion /]],
    ['data as text', { ...purchase, data: record.data }, ['/data must be an object']],
    ['sequence 0', withData({ sequence: 0 }), [/^\/data\/sequence /]],
    ['a sequence as text', withData({ sequence: '7' }), [/^\/data\/sequence /]],
    ['no tickets', withData({ tickets: [] }), [/^\/data\/tickets /]],
    ['1,001 tickets', withData({ tickets: Array.from({ length: 1_001 }, () => ticket) }), [/^\/data\/tickets /]],
    ['junk among its tickets', withData({ tickets: [ticket, 'junk'] }), ['/data/tickets/1 must be an object']],
    ['a ticket id that is not a UUID', withTicket({ ticketId: 'T1' }), [/^\/data\/tickets\/0\/ticketId /]],
    ['a price as text', withTicket({ priceMinor: '10000' }), [/^\/data\/tickets\/0\/priceMinor /]],
    [
      'a conflict with an invalid live ticket',
      { ...conflict, data: { ...conflict.data, liveTicketId: 'T1' } },
      [/^\/data\/liveTicketId /],
    ],
    ['half a cent', withTicket({ priceMinor: 0.5 }), [/^\/data\/tickets\/0\/priceMinor /]],
    ['a negative price', withTicket({ priceMinor: -1 }), [/^\/data\/tickets\/0\/priceMinor /]],
    ['a price that no double represents exactly', withTicket({ priceMinor: 2 ** 53 }), [/^\/data\/tickets\/0\/priceMinor /]],
    ['an exchange for fewer tickets', withReplacements([]), [/^\/data\/replacements /]],
    [
      'an exchange for more tickets',
      withReplacements([ticket, ticket]),
      ['/data/replacements must have one ticket for each in /data/tickets'],
    ],
    ['an exchange for junk', withReplacements(['junk']), ['/data/replacements/0 must be an object']],
    ['an invalid row', withTicket({ row: 'Loge\n3' }), [/^\/data\/tickets\/0\/row /]],
    ['column 0', withTicket({ column: 0 }), [/^\/data\/tickets\/0\/column /]],
    ['an invalid currency', withTicket({ currency: 'dollars' }), [/^\/data\/tickets\/0\/currency /]],
  ] as [string, unknown, (string | RegExp)[]][])('rejects %s with the reason', (_what, value, faults) => {
    expect(faultsOf(value)).toEqual(faults.map((fault) => (typeof fault === 'string' ? fault : expect.stringMatching(fault))));
  });
});
