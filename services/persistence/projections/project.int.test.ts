import { stringify as uuidText } from 'uuid';
import { describe, expect, it } from 'vitest';
import { purchased, soldOut } from '../../../scripts/testing/purchases.ts';
import { db, openTestEvent } from '../../../scripts/testing/stores.ts';
import type { TicketsPurchased } from '../../shared/ticket-events.ts';
import { projectEvents } from './project.ts';

/** All that the projection says of an event. */
async function projectionOf(eventId: string) {
  const [tickets, orders, sequences, sales] = await Promise.all([
    db.selectFrom('tickets').select(['ticket_id', 'status']).where('event_id', '=', eventId).orderBy('ticket_id').execute(),
    db.selectFrom('orders').select('order_id').where('event_id', '=', eventId).execute(),
    db.selectFrom('applied_sequences').select('sequence').where('event_id', '=', eventId).orderBy('sequence').execute(),
    db.selectFrom('sales_by_zone').select(['zone_id', 'tickets', 'revenue']).where('event_id', '=', eventId).execute(),
  ]);
  return {
    tickets: tickets.map(({ ticket_id, status }) => `${uuidText(ticket_id)} ${status}`),
    orders: orders.length,
    sequences: sequences.map(({ sequence }) => sequence),
    sales,
  };
}

async function conflictsOf(eventId: string) {
  const rows = await db
    .selectFrom('seat_conflicts')
    .innerJoin('tickets', 'tickets.ticket_id', 'seat_conflicts.ticket_id')
    .selectAll('seat_conflicts')
    .where('tickets.event_id', '=', eventId)
    .execute();
  return rows.map(({ ticket_id, order_id, live_ticket_id, live_order_id }) => ({
    ticketId: uuidText(ticket_id),
    orderId: uuidText(order_id),
    liveTicketId: uuidText(live_ticket_id),
    liveOrderId: uuidText(live_order_id),
  }));
}

const chunks = <T>(list: T[], size: number) =>
  Array.from({ length: Math.ceil(list.length / size) }, (_, at) => list.slice(at * size, (at + 1) * size));

const deliveries: [string, (events: TicketsPurchased[]) => TicketsPurchased[][]][] = [
  ['as one batch', (events) => [events]],
  ['twice', (events) => [events, events]],
  ['twice in one batch', (events) => [[...events, ...events]]],
  ['in reverse order', (events) => chunks(events.toReversed(), 7)],
  ['one by one', (events) => events.map((event) => [event])],
  ['split, then merged with what came before', (events) => [...chunks(events, 9), ...chunks(events, 31)]],
  ['overlapping halves', (events) => [events.slice(30), events.slice(0, 70)]],
];

describe('the projection', () => {
  it.each(deliveries)('is the same when messages are delivered %s', async (_how, deliver) => {
    const event = await openTestEvent();
    const events = soldOut(event, 10, 10);
    for (const batch of deliver(events)) await projectEvents(db, batch);
    expect(await projectionOf(event.eventId)).toEqual({
      tickets: events.map(({ data }) => `${data.tickets[0]?.ticketId} PAID`).sort(),
      orders: 100,
      sequences: Array.from({ length: 100 }, (_, at) => at + 1),
      sales: [{ zone_id: 1, tickets: 100, revenue: '10000.0000' }],
    });
    expect(await conflictsOf(event.eventId)).toEqual([]);
  });

  it('is the same when several workers apply overlapping batches at once', async () => {
    const event = await openTestEvent();
    const events = soldOut(event, 10, 10);
    const batches = [...chunks(events, 20), ...chunks(events.toReversed(), 33), ...chunks(events, 50)];
    await Promise.all(batches.map((batch) => projectEvents(db, batch)));
    const { sequences, sales, orders } = await projectionOf(event.eventId);
    expect(sequences).toHaveLength(100);
    expect(orders).toBe(100);
    expect(sales).toEqual([{ zone_id: 1, tickets: 100, revenue: '10000.0000' }]);
  });

  it('sums exactly, by zone, and apart for each event of a batch', async () => {
    const [dollars, yen] = [await openTestEvent(), await openTestEvent({ currency: 'JPY' })];
    await projectEvents(db, [
      purchased(dollars, { sequence: 1, priceMinor: 10 }),
      purchased(dollars, { sequence: 2, priceMinor: 20, column: 2 }),
      purchased(dollars, { sequence: 3, priceMinor: 999_999_999_999, zoneId: 2 }),
      purchased(yen, { sequence: 1, priceMinor: 700 }),
    ]);
    expect((await projectionOf(dollars.eventId)).sales).toEqual([
      { zone_id: 1, tickets: 2, revenue: '0.3000' },
      { zone_id: 2, tickets: 1, revenue: '9999999999.9900' },
    ]);
    expect((await projectionOf(yen.eventId)).sales).toEqual([{ zone_id: 1, tickets: 1, revenue: '700.0000' }]);
  });

  it.each([
    ['in one batch, in disorder', ([first, second]: TicketsPurchased[]) => [[second, first]]],
    ['in two batches', ([first, second]: TicketsPurchased[]) => [[first], [second]]],
  ])('keeps a second live ticket for a seat as a conflict with both named, uncounted: %s', async (_how, deliver) => {
    const event = await openTestEvent();
    const first = purchased(event, { sequence: 1, row: 'B', column: 2 });
    const second = purchased(event, { sequence: 2, row: 'B', column: 2 });
    for (const batch of deliver([first, second])) await projectEvents(db, batch as TicketsPurchased[]);
    const [kept, lost] = [first.data, second.data];
    expect(await conflictsOf(event.eventId)).toEqual([
      {
        ticketId: lost.tickets[0]?.ticketId,
        orderId: lost.orderId,
        liveTicketId: kept.tickets[0]?.ticketId,
        liveOrderId: kept.orderId,
      },
    ]);
    const { tickets, sales, sequences } = await projectionOf(event.eventId);
    expect(tickets).toContain(`${lost.tickets[0]?.ticketId} CONFLICTED`);
    expect(sales).toEqual([{ zone_id: 1, tickets: 1, revenue: '100.0000' }]);
    expect(sequences).toEqual([1, 2]);
  });

  it.each([
    ['in two batches', ([first, second]: TicketsPurchased[]) => [[first], [second]]],
    ['in one batch', ([first, second]: TicketsPurchased[]) => [[first, second]]],
  ])("gives back an event whose sequence is another order's, rather than take it for a redelivery: %s", async (_how, deliver) => {
    const event = await openTestEvent();
    const sales = [purchased(event, { sequence: 1 }), purchased(event, { sequence: 1, column: 2 })];
    const clashes = [];
    for (const batch of deliver(sales)) clashes.push(...(await projectEvents(db, batch as TicketsPurchased[])).clashes);
    expect(clashes).toEqual([sales[1]]);
    expect((await projectionOf(event.eventId)).sales).toEqual([{ zone_id: 1, tickets: 1, revenue: '100.0000' }]);
  });
});
