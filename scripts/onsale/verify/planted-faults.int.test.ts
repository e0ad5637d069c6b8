import { sql } from 'kysely';
import { describe, expect, it } from 'vitest';
import { projectEvents } from '../../../services/persistence/projections/project.ts';
import { cancelOrder } from '../../../services/purchase/seats/cancel-order.ts';
import { buyersKey, countsKey, inventoryKey, ordersKey, outboxKey, takenKey } from '../../../services/shared/keys.ts';
import { purchased } from '../../testing/purchases.ts';
import { openHall, project, seats, sell, soldEvent, takeNew, testSystem } from '../../testing/sold-event.ts';
import { db, redis } from '../../testing/stores.ts';
import { verifyEvent } from './verify-event.ts';

const system = await testSystem();

const verify = ({ eventId }: { eventId: string }) =>
  verifyEvent(system, eventId, () => {}, { patienceMs: 200, atMostMs: 1_000, lookMs: 20 });

type SoldEvent = Awaited<ReturnType<typeof soldEvent>>;

const bytesOf = (uuid: string | undefined) => Buffer.from((uuid ?? '').replaceAll('-', ''), 'hex');

/** Changes the only ticket of the second order in MySQL. */
const change = ({ second }: SoldEvent, columns: { price?: string; seat_column?: number; order_id?: Buffer }) =>
  db.updateTable('tickets').set(columns).where('ticket_id', '=', bytesOf(second.tickets[0]?.ticketId)).execute();

describe('verifying an event finds', () => {
  it.each<[string, (sold: SoldEvent) => Promise<unknown>, RegExp[]]>([
    [
      'a ticket that is gone from MySQL',
      ({ second }) => db.deleteFrom('tickets').where('order_id', '=', bytesOf(second.orderId)).execute(),
      [
        /sums are 4 tickets for 400.0000, and its tickets are 3 for 300.00/,
        /^ticket .* \(seat A4 of zone 1, domain event 2\) .* its row is gone$/,
      ],
    ],
    [
      'another price',
      (sold) => change(sold, { price: '100.01' }),
      [
        /sums are 4 tickets for 400.0000, and its tickets are 4 for 400.01/,
        /has price 100.0000 USD in Redis and 100.0100 USD in MySQL/,
      ],
    ],
    [
      'another seat',
      (sold) => change(sold, { seat_column: 9 }),
      [/has seat seat A4 of zone 1 in Redis and seat A9 of zone 1 in MySQL/],
    ],
    [
      'another order',
      (sold) => change(sold, { order_id: bytesOf(sold.first.orderId) }),
      [/has order [-0-9a-f]+ in Redis and [-0-9a-f]+ in MySQL/],
    ],
    [
      'a ticket that is CANCELLED in MySQL alone',
      ({ second }) =>
        sql`update tickets set status = 'CANCELLED', cancelled_sequence = 4 where order_id = ${bytesOf(second.orderId)}`.execute(
          db,
        ),
      [/sums are/, /is cancelled in MySQL and live in Redis/],
    ],
    [
      'a ticket that is PAID in MySQL alone',
      ({ first }) =>
        sql`update tickets set status = 'PAID', seat_column = 9 where ticket_id = ${bytesOf(first.tickets[1]?.ticketId)}`.execute(
          db,
        ),
      [/sums are/, /is cancelled in Redis and PAID in MySQL/],
    ],
    [
      'a ticket that Redis has forgotten',
      ({ event, second }) => redis.hdel(ordersKey(event.eventId), second.orderId),
      [
        /zone 1 counts 4 sold, and its orders say 3/,
        /seat A4 of zone 1 is marked as taken, and nobody has it/,
        /is PAID in MySQL and unknown to Redis/,
      ],
    ],
    [
      'sums that are wrong',
      ({ event }) =>
        sql`update sales_by_zone set tickets = tickets + 1 where event_id = ${event.eventId} and zone_id = 2`.execute(db),
      [/^zone 2: MySQL's sums are 3 tickets for 41.0000, and its tickets are 2 for 41.00/],
    ],
    [
      'a domain event that was lost on its way, and is in the outbox',
      async ({ event }) => {
        await sell(event, seats('D', 1));
        await takeNew(event);
      },
      [/MySQL lacks domain event 6, lost on the way, and in the outbox: .*onsale replay/],
    ],
    [
      'a domain event that is in the orders of Redis alone',
      async ({ event }) => {
        await sell(event, seats('D', 1));
        await takeNew(event);
        await redis.del(outboxKey(event.eventId));
      },
      [/the outbox is empty/, /MySQL lacks domain event 6, lost on the way, and in the orders of Redis: .*onsale replay/],
    ],
    [
      'a domain event that is nowhere any more',
      async ({ event, first }) => {
        await sql`delete from order_events where event_id = ${event.eventId} and sequence = 4`.execute(db);
        const entries = await redis.xrange(outboxKey(event.eventId), '-', '+');
        await redis.xdel(outboxKey(event.eventId), entries[3]?.[0] ?? '');
        // As it was cancelled before Redis kept the number of that.
        const kept = (await redis.hget(ordersKey(event.eventId), first.orderId)) ?? '';
        await redis.hset(ordersKey(event.eventId), first.orderId, kept.replace(/"cancelled":\{[^}]*\}/, '"cancelled":true'));
      },
      [/domain event 3 is followed by 5/, /MySQL lacks domain event 4, which is nowhere else/],
    ],
    [
      'an event in another currency and at another venue than its tickets',
      async ({ event: { eventId } }) => {
        await redis.hset(inventoryKey(eventId), { currency: 'JPY', venueId: 'Elsewhere' });
        await sql`update events set currency = 'JPY', venue_id = 'Elsewhere' where event_id = ${eventId}`.execute(db);
      },
      [
        ...Array.from({ length: 6 }, () => /is in USD in (Redis|MySQL), and its event in JPY: sums and revenue mix currencies/),
        ...Array.from({ length: 6 }, () => /is in USD in (Redis|MySQL), and its event in JPY: sums and revenue mix currencies/),
        ...Array.from({ length: 12 }, () => /is for venue venue-\w+ in (Redis|MySQL), and its event at Elsewhere/),
      ],
    ],
    [
      'an event that its stores have in two currencies',
      async ({ event: { eventId } }) =>
        sql`update events set currency = 'EUR', venue_id = 'Elsewhere' where event_id = ${eventId}`.execute(db),
      [
        /^the event's venue is venue-\w+ in Redis and Elsewhere in MySQL$/,
        /^the event's currency is USD in Redis and EUR in MySQL$/,
        ...Array.from({ length: 6 }, () => /is in USD in MySQL, and its event in EUR/),
        ...Array.from({ length: 6 }, () => /is for venue venue-\w+ in MySQL/),
      ],
    ],
    [
      'an entry gone from the middle of the outbox',
      async ({ event }) => {
        const entries = await redis.xrange(outboxKey(event.eventId), '-', '+');
        await redis.xdel(outboxKey(event.eventId), entries[2]?.[0] ?? '');
      },
      [/in the outbox domain event 2 is followed by 4/],
    ],
    [
      'an entry gone from the end of the outbox',
      async ({ event }) => {
        const entries = await redis.xrange(outboxKey(event.eventId), '-', '+');
        await redis.xdel(outboxKey(event.eventId), entries.at(-1)?.[0] ?? '');
      },
      [/the outbox ends at domain event 4, and Redis has numbered 5/],
    ],
    [
      'a seat marked as taken that nobody has',
      ({ event }) => redis.setbit(takenKey(event.eventId), 9 * 16 + 9, 1),
      [/^seat J10 of zone 1 is marked as taken, and nobody has it: it cannot be sold$/],
    ],
    [
      'a seat that is sold and counts as free',
      ({ event }) => redis.setbit(takenKey(event.eventId), 3, 0),
      [/^seat A4 of zone 1 is sold or held, and is marked as free: it can be sold twice$/],
    ],
    [
      'a count that is wrong',
      ({ event }) => redis.hincrby(countsKey(event.eventId), 'held:2', 1),
      [/^zone 2 counts 1 held, and its holds say 0/],
    ],
    [
      'a zone that is oversold',
      ({ event }) => redis.hincrby(countsKey(event.eventId), 'sold:2', 100),
      [/zone 2 has sold 102 and holds 0 of 50: 52 too many/, /zone 2 counts 102 sold, and its orders say 2/],
    ],
    [
      'a buyer whose count is wrong',
      ({ event }) => redis.hincrby(buyersKey(event.eventId), 'Ann', 2),
      [/^buyer Ann counts as having 6 tickets, and has 4/],
    ],
    [
      'two live tickets for a seat in Redis',
      async ({ event }) => {
        await redis.setbit(takenKey(event.eventId), 3, 0);
        await sell(event, seats('A', 4));
        // MySQL calls the second a conflict.
        await project(event);
      },
      [
        /^seat A4 of zone 1 has two live tickets in Redis: ticket .* of order .* \(sold\) and ticket .* of order .* \(sold\)$/,
        /^ticket .* was sold while order .* had its seat: two buyers have one seat/,
      ],
    ],
    [
      'a seat that is sold and held',
      async ({ event }) => {
        await redis.setbit(takenKey(event.eventId), 16, 0);
        await sell(event, seats('B', 1));
        await project(event);
      },
      [/^seat B1 of zone 1 has two live tickets in Redis: .* \(sold\) and .* \(held\)$/],
    ],
    [
      'a number that Redis gave twice',
      async ({ event }) => {
        await redis.hincrby(countsKey(event.eventId), 'sequence', -1);
        await sell(event, seats('E', 1));
        await takeNew(event);
      },
      [/in the outbox domain event 5 is followed by 5/, /in MySQL domain event 5 is that of order .*Redis gave a number twice/],
    ],
    [
      'sales that Redis has forgotten',
      ({ event }) => projectEvents(db, [purchased(event, { sequence: 6, row: 'F' })]),
      [/MySQL has applied domain event 6, and Redis is at 5: it has forgotten sales .*onsale rebuild/],
    ],
    [
      'an inventory that is gone',
      ({ event }) => redis.del(inventoryKey(event.eventId)),
      [/^Redis has no inventory of .*: nothing is sold \("onsale rebuild/],
    ],
    [
      'an inventory that may be behind',
      ({ event }) => redis.hset(inventoryKey(event.eventId), 'lineage', 'lost'),
      [/^Redis was promoted from a replica and may have forgotten sales/],
    ],
  ])('%s', async (_what, plant, expected) => {
    const sold = await soldEvent();
    await plant(sold);
    const { differences, summary } = await verify(sold.event);
    expect(differences).toHaveLength(expected.length);
    expect(differences).toEqual(expect.arrayContaining(expected.map((line) => expect.stringMatching(line))));
    expect(summary).toContain(differences.length === 1 ? '1 difference' : `${differences.length} differences`);
  });

  it('nothing in a conflict that was cancelled', async () => {
    const { event } = await soldEvent();
    await redis.setbit(takenKey(event.eventId), 3, 0);
    const { orderId } = await sell(event, seats('A', 4));
    await cancelOrder(redis, { eventId: event.eventId, orderId, ticketIds: [] });
    await redis.setbit(takenKey(event.eventId), 3, 1);
    await project(event);
    expect((await verify(event)).differences).toEqual([]);
  });

  it('an event that MySQL does not know', async () => {
    const event = await openHall();
    for (const table of ['event_zones', 'events'] as const)
      await db.deleteFrom(table).where('event_id', '=', event.eventId).execute();
    expect((await verify(event)).differences).toEqual([expect.stringMatching(/^MySQL does not know/)]);
  });

  it('nothing in a new epoch, and what is missing in the one before', async () => {
    const { event } = await soldEvent();
    await redis.hset(countsKey(event.eventId), 'sequence', 1_000_000_000);
    await sell(event, seats('G', 1));
    await project(event);
    expect(await verify(event)).toMatchObject({ differences: [], inFlight: 0 });
    await sql`delete from order_events where event_id = ${event.eventId} and sequence in (3, 5)`.execute(db);
    expect((await verify(event)).differences).toEqual([expect.stringMatching(/^MySQL lacks 2 domain events: 3, 5, lost/)]);
  });
});
