import fc from 'fast-check';
import { expect, it } from 'vitest';
import { recordsOf } from '../../services/catalogue/verify/kept-orders.ts';
import { projectDomainEvents } from '../../services/persistence/projections/project.ts';
import type { DomainEvent } from '../../services/shared/events/domain-events.ts';
import type { SoldOrder } from '../../services/shared/inventory/rebuild-inventory.ts';
import { deliveries, eventsOf } from '../testing/box-office.ts';
import { exchanged, purchasedOrder } from '../testing/purchases.ts';
import { db, unique } from '../testing/stores.ts';
import { readOrders } from './read-orders.ts';

async function ordersOf(events: DomainEvent[]): Promise<SoldOrder[]> {
  const [{ eventId = '', venueId = '' } = {}] = events.map(({ data }) => data);
  const orders: SoldOrder[] = [];
  for await (const batch of readOrders(db, { eventId, venueId })) orders.push(...batch);
  return orders;
}

it('restores orders so completely that every domain event can be published again as it was', async () => {
  await fc.assert(
    fc.asyncProperty(deliveries, async ({ office }) => {
      const events = eventsOf(office.steps);
      await projectDomainEvents(db, events);
      const records = (await ordersOf(events)).flatMap(recordsOf).toSorted((a, b) => a.sequence - b.sequence);
      const told = records.map(({ type, timeMs, data }) => ({
        type,
        time: new Date(timeMs).toISOString(),
        data: JSON.parse(data),
      }));
      expect(told).toEqual(events.map(({ type, time, data }) => ({ type, time, data })));
    }),
    { numRuns: 30 },
  );
});

it('restores what tickets were sold as, and each order once, with tickets that exchanges sold thousands of tickets later', async () => {
  const event = { eventId: unique('event'), venueId: 'Venue1', currency: 'USD' };
  const terms = { category: 'A', ticketType: 'child', promotion: 'EARLYBIRD', fullPriceMinor: 12_500, priceMinor: 10_000 };
  const seat = { zoneId: 1, row: 'Loge 3', column: '12A' };
  const first = purchasedOrder(event, { sequence: 1, buyerId: 'auth0|ann', tickets: [{ ...seat, ...terms }] });
  const others = Array.from({ length: 12 }, (_, at) =>
    purchasedOrder(event, { sequence: at + 2, tickets: Array.from({ length: 1_000 }, () => ({ zoneId: 2, priceMinor: 100 })) }),
  );
  const exchange = exchanged(first, 14, [0], [{ zoneId: 1, row: '7', column: 12 }]);
  await projectDomainEvents(db, [first, ...others, exchange]);
  const orders = await ordersOf([first]);
  expect(orders.map(({ order }) => order.sequence)).toEqual([first, ...others].map(({ data }) => data.sequence));
  const [before] = first.data.tickets;
  const [after] = exchange.data.replacements;
  const mark = { sequence: 14, timeMs: Date.parse(exchange.time) };
  expect(orders[0]).toEqual({
    soldAtMs: Date.parse(first.time),
    order: {
      ...first.data,
      tickets: [
        { ...before, cancelled: mark, exchangedFor: after?.ticketId },
        { ...after, sold: mark },
      ],
    },
  });
});
