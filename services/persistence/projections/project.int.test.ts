import { describe, expect, it } from 'vitest';
import { projectionOf } from '../../../scripts/testing/projection.ts';
import { cancelled, exchanged, purchased, purchasedOrder, soldOut } from '../../../scripts/testing/purchases.ts';
import { db, unique } from '../../../scripts/testing/stores.ts';
import type { DomainEvent, TicketsPurchased } from '../../shared/events/domain-events.ts';
import { projectDomainEvents } from './project.ts';

const anEvent = (currency = 'USD') => ({ eventId: unique('event'), venueId: 'Venue1', currency });

type EventSold = ReturnType<typeof anEvent>;

const chunks = <T>(list: T[], size: number) =>
  Array.from({ length: Math.ceil(list.length / size) }, (_, at) => list.slice(at * size, (at + 1) * size));

const deliveries: [string, (purchases: TicketsPurchased[]) => TicketsPurchased[][]][] = [
  ['as one batch', (purchases) => [purchases]],
  ['twice', (purchases) => [purchases, purchases]],
  ['twice in one batch', (purchases) => [[...purchases, ...purchases]]],
  ['in reverse order', (purchases) => chunks(purchases.toReversed(), 7)],
  ['one by one', (purchases) => purchases.map((purchase) => [purchase])],
  ['split, then merged with what came before', (purchases) => [...chunks(purchases, 9), ...chunks(purchases, 31)]],
  ['overlapping halves', (purchases) => [purchases.slice(30), purchases.slice(0, 70)]],
];

const hundred = Array.from({ length: 100 }, (_, at) => at + 1);
const allSold = {
  statuses: Object.fromEntries(hundred.map((sequence) => [`${sequence}.0`, 'PAID'])),
  sales: { 1: '100 for 10000.0000' },
  conflicts: [],
  sequences: hundred,
};

describe('the projection', () => {
  it.each(deliveries)('is the same when messages are delivered %s', async (_how, deliver) => {
    const purchases = soldOut(anEvent(), 10, 10);
    for (const batch of deliver(purchases)) await projectDomainEvents(db, batch);
    expect(await projectionOf(purchases)).toMatchObject(allSold);
  });

  it('is the same when several workers apply overlapping batches concurrently', async () => {
    const purchases = soldOut(anEvent(), 10, 10);
    const batches = [...chunks(purchases, 20), ...chunks(purchases.toReversed(), 33), ...chunks(purchases, 50)];
    await Promise.all(batches.map((batch) => projectDomainEvents(db, batch)));
    expect(await projectionOf(purchases)).toMatchObject(allSold);
  });

  it('stores everything in the domain event of a purchase', async () => {
    const purchase = purchased(anEvent('KWD'), {
      sequence: 7,
      buyerId: 'Buyer1',
      zoneId: 3,
      row: 'AB',
      column: 12,
      priceMinor: 45_501,
    });
    await projectDomainEvents(db, [purchase]);
    const created_on = new Date('2026-05-01T10:00:00.000Z');
    const seat = { venue_id: 'Venue1', zone_id: 3, seat_row: 'AB', seat_column: 12, price: '45.5010', currency: 'KWD' };
    expect((await projectionOf([purchase])).rows).toMatchObject([
      { ticket_id: '7.0', order_id: '7', ...seat, sequence: 7, created_on, cancelled_on: null, cancelled_sequence: null },
      { order_id: '7', buyer_id: 'Buyer1', sequence: 7 },
    ]);
  });

  it('stores what tickets are sold as: seats with any labels, categories, types and promotions', async () => {
    const event = anEvent();
    const terms = { category: 'A', ticketType: 'child', promotion: 'EARLYBIRD', fullPriceMinor: 4_000 };
    const seat = { zoneId: 1, row: 'Loge 3', column: '12A' };
    const purchase = purchasedOrder(event, {
      sequence: 1,
      tickets: [
        { ...seat, ...terms, priceMinor: 3_200 },
        { zoneId: 1, row: '7', column: 12, priceMinor: 4_000 },
      ],
    });
    const exchange = exchanged(purchase, 2, [0], [{ zoneId: 1, row: 'Parterre é', column: '🎭' }]);
    await projectDomainEvents(db, [exchange, purchase]);
    const stored = { category: 'A', ticket_type: 'child', promotion: 'EARLYBIRD', full_price: '40.0000', price: '32.0000' };
    const times = [new Date(purchase.time), new Date(exchange.time)] as const;
    expect((await projectionOf([purchase, exchange])).rows).toMatchObject([
      {
        ...{
          ticket_id: '1.0',
          seat_row: 'Loge 3',
          seat_column: 0,
          seat_label: '12A',
          ...stored,
          sequence: 1,
          created_on: times[0],
        },
        ...{ status: 'CANCELLED', cancelled_on: times[1], cancelled_sequence: 2, exchanged_for: '2.0' },
      },
      { ticket_id: '1.1', seat_row: '7', seat_column: 12, seat_label: '', category: null, full_price: null, exchanged_for: null },
      {
        ...{ ticket_id: '2.0', order_id: '1', seat_row: 'Parterre é', seat_column: 0, seat_label: '🎭', ...stored },
        ...{ status: 'PAID', sequence: 2, created_on: times[1], cancelled_on: null, exchanged_for: null },
      },
      { order_id: '1', sequence: 1 },
      { order_id: '1', sequence: 2 },
    ]);
  });

  it.each([
    'auth0|5f7c8ec7c33c6c004bbafe82',
    'eu-west-1:9b2f0c1e-7d43-4a8e-b0f5-2f6d1c3a4e5b',
    'ann+tickets@example.org',
    'Жанна 🎟'.padEnd(128, 'ž'),
  ])('stores a buyer whose id is any text: %s', async (buyerId) => {
    const purchase = purchased(anEvent(), { sequence: 1, buyerId });
    await projectDomainEvents(db, [purchase]);
    expect((await projectionOf([purchase])).rows).toContainEqual(expect.objectContaining({ buyer_id: buyerId, sequence: 1 }));
  });

  it('stores the buyers and seats that only some orders of a batch have', async () => {
    const event = anEvent();
    const anonymous = purchasedOrder(event, { sequence: 1, tickets: [{ zoneId: 2, priceMinor: 100 }] });
    const seated = purchased(event, { sequence: 2, buyerId: 'Buyer1', row: 'C', column: 9 });
    await projectDomainEvents(db, [anonymous, seated]);
    expect((await projectionOf([anonymous, seated])).rows).toMatchObject([
      { ticket_id: '1.0', zone_id: 2, seat_row: null, seat_column: null },
      { ticket_id: '2.0', zone_id: 1, seat_row: 'C', seat_column: 9 },
      { order_id: '1', buyer_id: null },
      { order_id: '2', buyer_id: 'Buyer1' },
    ]);
  });

  it('sums exactly, by zone, and separately for each event in a batch', async () => {
    const [dollars, yen] = [anEvent(), anEvent('JPY')];
    const inDollars = [
      purchased(dollars, { sequence: 1, priceMinor: 10 }),
      purchased(dollars, { sequence: 2, priceMinor: 20, column: 2 }),
      purchased(dollars, { sequence: 3, priceMinor: 999_999_999_999, zoneId: 2 }),
    ];
    const inYen = [purchased(yen, { sequence: 1, priceMinor: 700 })];
    await projectDomainEvents(db, [...inDollars, ...inYen]);
    expect((await projectionOf(inDollars)).sales).toEqual({ 1: '2 for 0.3000', 2: '1 for 9999999999.9900' });
    expect((await projectionOf(inYen)).sales).toEqual({ 1: '1 for 700.0000' });
  });

  it.each<[string, (event: EventSold) => DomainEvent, (first: DomainEvent, second: DomainEvent) => DomainEvent[][]]>([
    ['a purchase, later', (event) => purchased(event, { sequence: 1, column: 2 }), (first, second) => [[first], [second]]],
    ['a purchase, together', (event) => purchased(event, { sequence: 1, column: 2 }), (first, second) => [[first, second]]],
    ['a cancellation', (event) => cancelled(purchased(event, { sequence: 2 }), 1), (first, second) => [[first], [second]]],
  ])(
    'returns a domain event whose sequence number belongs to another order as a clash, not as a redelivery: %s',
    async (_what, clashOf, deliver) => {
      const event = anEvent();
      const [first, clash] = [purchased(event, { sequence: 1 }), clashOf(event)];
      const clashes = [];
      for (const batch of deliver(first, clash)) clashes.push(...(await projectDomainEvents(db, batch)).clashes);
      expect(clashes).toEqual([clash]);
      expect(await projectionOf([first])).toMatchObject({ statuses: { '1.0': 'PAID' }, sales: { 1: '1 for 100.0000' } });
    },
  );
});
