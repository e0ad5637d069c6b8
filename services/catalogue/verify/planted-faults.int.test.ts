import { sql, type Updateable } from 'kysely';
import { describe, expect, it } from 'vitest';
import { hallZone } from '../../../scripts/testing/halls.ts';
import { purchased } from '../../../scripts/testing/purchases.ts';
import { seats } from '../../../scripts/testing/seats.ts';
import { openHall, project, rowSeats, sell, soldEvent, takeNew, testSystem } from '../../../scripts/testing/sold-event.ts';
import { db, openTestEvent, redis } from '../../../scripts/testing/stores.ts';
import { projectDomainEvents } from '../../persistence/projections/project.ts';
import type { Inventory } from '../../shared/inventory/inventory.ts';
import { buyersKey, countsKey, holdsKey, inventoryKey, ordersKey, outboxKey, takenKey } from '../../shared/inventory/keys.ts';
import type { Schema } from '../../shared/stores/schema.ts';
import { uuidBytes } from '../../shared/stores/uuid.ts';
import { verifyEvent } from './verify-event.ts';

const system = await testSystem();

const verify = ({ eventId }: { eventId: string }) =>
  verifyEvent(system, eventId, () => {}, { patienceMs: 200, atMostMs: 1_000, lookMs: 20 });

/** Changes a field of an event's inventory that is JSON. */
async function changeField(eventId: string, field: string, changes: object) {
  const known = JSON.parse((await redis.hget(inventoryKey(eventId), field)) ?? '');
  await redis.hset(inventoryKey(eventId), field, JSON.stringify({ ...known, ...changes }));
}

type SoldEvent = Awaited<ReturnType<typeof soldEvent>>;

/** Changes the only ticket of the second order in MySQL. */
const change = ({ second }: SoldEvent, columns: Updateable<Schema['tickets']>) =>
  db
    .updateTable('tickets')
    .set(columns)
    .where('ticket_id', '=', uuidBytes(second.tickets[0]?.ticketId ?? ''))
    .execute();

describe('verifying an event finds', () => {
  it.each<[string, (sold: SoldEvent) => Promise<unknown>, RegExp[]]>([
    [
      'a ticket that is gone from MySQL',
      ({ second }) => db.deleteFrom('tickets').where('order_id', '=', uuidBytes(second.orderId)).execute(),
      [
        /sums are 4 tickets for 400.0000, but its tickets are 3 for 300.00/,
        /^ticket .* \(seat A4 of zone 1, domain event 2\) .* its row is gone$/,
      ],
    ],
    [
      'another price',
      (sold) => change(sold, { price: '100.01' }),
      [
        /sums are 4 tickets for 400.0000, but its tickets are 4 for 400.01/,
        /differs in its price: 100.0000 USD in Redis, 100.0100 USD in MySQL/,
      ],
    ],
    [
      'another seat',
      (sold) => change(sold, { seat_column: 9 }),
      [/differs in its seat: seat A4 of zone 1 in Redis, seat A9 of zone 1 in MySQL/],
    ],
    [
      'another label of a seat',
      (sold) => change(sold, { seat_column: 0, seat_label: '4 é' }),
      [/differs in its seat: seat A4 of zone 1 in Redis, row A, seat 4 é of zone 1 in MySQL/],
    ],
    [
      'another category, ticket type, promotion and full price',
      (sold) => change(sold, { category: 'B', ticket_type: 'child', promotion: 'EARLYBIRD', full_price: '125' }),
      [
        /differs in its category: none in Redis, B in MySQL/,
        /differs in its ticket type: none in Redis, child in MySQL/,
        /differs in its promotion: none in Redis, EARLYBIRD in MySQL/,
        /differs in its full price: none in Redis, 125.0000 in MySQL/,
      ],
    ],
    [
      'another order',
      (sold) => change(sold, { order_id: uuidBytes(sold.first.orderId) }),
      [/differs in its order: [-0-9a-f]+ in Redis, [-0-9a-f]+ in MySQL/],
    ],
    [
      'a ticket that is CANCELLED only in MySQL',
      ({ second }) =>
        sql`update tickets set status = 'CANCELLED', cancelled_sequence = 4 where order_id = ${uuidBytes(second.orderId)}`.execute(
          db,
        ),
      [/sums are/, /is cancelled in MySQL but live in Redis/],
    ],
    [
      'a ticket that is PAID only in MySQL',
      ({ first }) =>
        sql`update tickets set status = 'PAID', seat_column = 9 where ticket_id = ${uuidBytes(first.tickets[1]?.ticketId ?? '')}`.execute(
          db,
        ),
      [/sums are/, /is cancelled in Redis but PAID in MySQL/],
    ],
    [
      'a ticket that Redis has forgotten',
      ({ event, second }) => redis.hdel(ordersKey(event.eventId), second.orderId),
      [
        /zone 1 counts 4 sold, but its orders have 3/,
        /seat A4 of zone 1 is marked as taken, but is neither sold, held nor blocked/,
        /is PAID in MySQL but unknown to Redis/,
      ],
    ],
    [
      'wrong sums',
      ({ event }) =>
        sql`update sales_by_zone set tickets = tickets + 1 where event_id = ${event.eventId} and zone_id = 2`.execute(db),
      [/^zone 2: MySQL's sums are 3 tickets for 41.0000, but its tickets are 2 for 41.00/],
    ],
    [
      'a domain event that was lost on its way, but is still in the outbox',
      async ({ event }) => {
        await sell(event, rowSeats('D', 1));
        await takeNew(event);
      },
      [/MySQL lacks domain event 6, lost on the way, but still in the outbox; .*onsale -- replay/],
    ],
    [
      'a domain event that only the orders in Redis have',
      async ({ event }) => {
        await sell(event, rowSeats('D', 1));
        await takeNew(event);
        await redis.del(outboxKey(event.eventId));
      },
      [
        /the outbox is empty/,
        /MySQL lacks domain event 6, lost on the way, but still in the orders in Redis; .*onsale -- replay/,
      ],
    ],
    [
      'a domain event that is lost everywhere',
      async ({ event, first }) => {
        await sql`delete from order_events where event_id = ${event.eventId} and sequence = 4`.execute(db);
        const entries = await redis.xrange(outboxKey(event.eventId), '-', '+');
        await redis.xdel(outboxKey(event.eventId), entries[3]?.[0] ?? '');
        // As if it had been cancelled by a version that did not keep the sequence number.
        const kept = (await redis.hget(ordersKey(event.eventId), first.orderId)) ?? '';
        await redis.hset(ordersKey(event.eventId), first.orderId, kept.replace(/"cancelled":\{[^}]*\}/, '"cancelled":true'));
      },
      [/domain event 3 is followed by 5/, /MySQL lacks domain event 4, found nowhere else/],
    ],
    [
      'an event whose currency and venue are not those of its tickets',
      async ({ event: { eventId } }) => {
        await redis.hset(inventoryKey(eventId), { currency: 'JPY', venueId: 'Elsewhere' });
        await sql`update events set currency = 'JPY', venue_id = 'Elsewhere' where event_id = ${eventId}`.execute(db);
      },
      [
        ...Array.from({ length: 6 }, () => /is in USD in (Redis|MySQL), but its event in JPY: sums and revenue mix currencies/),
        ...Array.from({ length: 6 }, () => /is in USD in (Redis|MySQL), but its event in JPY: sums and revenue mix currencies/),
        ...Array.from({ length: 12 }, () => /is for venue venue-\w+ in (Redis|MySQL), but its event is at Elsewhere/),
      ],
    ],
    [
      'an event whose currency and venue differ between the stores',
      async ({ event: { eventId } }) =>
        sql`update events set currency = 'EUR', venue_id = 'Elsewhere' where event_id = ${eventId}`.execute(db),
      [
        /^the event's venue is venue-\w+ in Redis and Elsewhere in MySQL$/,
        /^the event's currency is USD in Redis and EUR in MySQL$/,
        ...Array.from({ length: 6 }, () => /is in USD in MySQL, but its event in EUR/),
        ...Array.from({ length: 6 }, () => /is for venue venue-\w+ in MySQL/),
      ],
    ],
    [
      'an entry gone from the middle of the outbox',
      async ({ event }) => {
        const entries = await redis.xrange(outboxKey(event.eventId), '-', '+');
        await redis.xdel(outboxKey(event.eventId), entries[2]?.[0] ?? '');
      },
      [/in the outbox, domain event 2 is followed by 4/],
    ],
    [
      'an entry gone from the end of the outbox',
      async ({ event }) => {
        const entries = await redis.xrange(outboxKey(event.eventId), '-', '+');
        await redis.xdel(outboxKey(event.eventId), entries.at(-1)?.[0] ?? '');
      },
      [/the outbox ends at domain event 4, but Redis is at 5/],
    ],
    [
      'a seat marked as taken without an order or hold',
      ({ event }) => redis.setbit(takenKey(event.eventId), 9 * 16 + 9, 1),
      [/^seat J10 of zone 1 is marked as taken, but is neither sold, held nor blocked: it cannot be sold$/],
    ],
    [
      'a sold seat marked as free',
      ({ event }) => redis.setbit(takenKey(event.eventId), 3, 0),
      [/^seat A4 of zone 1 is sold or held, but is marked as free: it can be sold twice$/],
    ],
    [
      'a wrong count',
      ({ event }) => redis.hincrby(countsKey(event.eventId), 'held:2', 1),
      [/^zone 2 counts 1 held, but its holds have 0/],
    ],
    [
      'a zone that is oversold',
      ({ event }) => redis.hincrby(countsKey(event.eventId), 'sold:2', 100),
      [/zone 2 has 102 sold and 0 held of 50 seats: 52 too many/, /zone 2 counts 102 sold, but its orders have 2/],
    ],
    [
      'a buyer with a wrong count',
      ({ event }) => redis.hincrby(buyersKey(event.eventId), 'Ann', 2),
      [/^buyer Ann is counted as having 6 tickets, but has 4/],
    ],
    [
      'two live tickets for a seat in Redis',
      async ({ event }) => {
        await redis.setbit(takenKey(event.eventId), 3, 0);
        await sell(event, rowSeats('A', 4));
        // MySQL records the second as a conflict.
        await project(event);
      },
      [
        /^seat A4 of zone 1 has two live tickets in Redis: ticket .* of order .* \(sold\) and ticket .* of order .* \(sold\)$/,
        /^ticket .* was sold while order .* had its seat: two buyers have the same seat/,
      ],
    ],
    [
      'a seat that is both sold and held',
      async ({ event }) => {
        await redis.setbit(takenKey(event.eventId), 16, 0);
        await sell(event, rowSeats('B', 1));
        await project(event);
      },
      [/^seat B1 of zone 1 has two live tickets in Redis: .* \(sold\) and .* \(held\)$/],
    ],
    [
      'a sequence number that Redis assigned twice',
      async ({ event }) => {
        await redis.hincrby(countsKey(event.eventId), 'sequence', -1);
        await sell(event, rowSeats('E', 1));
        await takeNew(event);
      },
      [
        /in the outbox, domain event 5 is followed by 5/,
        /in MySQL domain event 5 belongs to order .*Redis forgot that order and assigned its number again/,
      ],
    ],
    [
      'sales that Redis has forgotten',
      ({ event }) => projectDomainEvents(db, [purchased(event, { sequence: 6, row: 'F' })]),
      [/MySQL has applied domain event 6, but Redis is at 5: Redis has lost sales; .*onsale -- rebuild/],
    ],
    [
      'an inventory that is gone',
      ({ event }) => redis.del(inventoryKey(event.eventId)),
      [/^Redis has no inventory for .*, so nothing is sold; .*onsale -- rebuild/],
    ],
    [
      'an inventory that may be behind',
      ({ event }) => redis.hset(inventoryKey(event.eventId), 'lineage', 'lost'),
      [/^Redis was promoted from a replica and may lack sales/],
    ],
  ])('%s', async (_what, plant, expected) => {
    const sold = await soldEvent();
    await plant(sold);
    const { differences, summary } = await verify(sold.event);
    expect(differences).toHaveLength(expected.length);
    expect(differences).toEqual(expect.arrayContaining(expected.map((line) => expect.stringMatching(line))));
    expect(summary).toContain(differences.length === 1 ? '1 difference' : `${differences.length} differences`);
  });

  it.each<[string, (event: Inventory) => Promise<unknown>, RegExp[]]>([
    ['nothing', async () => {}, []],
    [
      'a gap that is marked as free',
      ({ eventId }) => redis.setbit(takenKey(eventId), 2, 0),
      [/^position 3 of row 1 in zone 1 has no seat, but is marked as free: it can be sold$/],
    ],
    [
      'a blocked seat that is marked as free',
      ({ eventId }) => redis.setbit(takenKey(eventId), 3, 0),
      [/^seat 3 in row 1 of zone 1 is blocked, but is marked as free: it can be sold$/],
    ],
    [
      'a seat that is marked as taken without a reason',
      ({ eventId }) => redis.setbit(takenKey(eventId), 8 + 2, 1),
      [/^seat 12B in row Loge 2 of zone 1 is marked as taken, but is neither sold, held nor blocked: it cannot be sold$/],
    ],
    [
      'a wrong count of blocked seats',
      ({ eventId }) => redis.hincrby(countsKey(eventId), 'blocked:1', -1),
      [/^zone 1 counts 0 blocked, but 1 of its seats are: the number shown as available is wrong$/],
    ],
    [
      'a capacity that is not the number of seats',
      ({ eventId }) => changeField(eventId, 'zone:1', { capacity: 8 }),
      [/^zone 1 has a capacity of 8, but 6 seats: the number shown as available is wrong$/],
    ],
    [
      'a ticket for a seat that does not exist',
      async ({ eventId }) => {
        await redis.setbit(takenKey(eventId), 0, 1);
        await redis.hset(countsKey(eventId), 'held:1', 1);
        const order = { orderId: 'o', tickets: [{ ticketId: 't', zoneId: 1, row: '1', column: '9Z' }] };
        await redis.hset(holdsKey(eventId), 'h', JSON.stringify({ state: 'held', order }));
      },
      [
        /^ticket t is for seat 9Z in row 1 of zone 1, which does not exist$/,
        /^seat 1 in row 1 of zone 1 is marked as taken, but is neither/,
      ],
    ],
    [
      'a blocked seat that is held',
      async ({ eventId }) => {
        await redis.hset(countsKey(eventId), 'held:1', 1);
        const order = { orderId: 'o', tickets: [{ ticketId: 't', zoneId: 1, row: '1', column: 3 }] };
        await redis.hset(holdsKey(eventId), 'h', JSON.stringify({ state: 'held', order }));
      },
      [/^seat 3 in row 1 of zone 1 is blocked, but is sold or held too: the number shown as available is wrong$/],
    ],
  ])('in a hall %s', async (_what, plant, expected) => {
    const event = await openTestEvent({
      zones: [hallZone(1, { '1': '1 2 _ 3 4', 'Loge 2': '_ 12A 12B' }, [{ row: '1', column: 3 }])],
    });
    await plant(event);
    const { differences } = await verify(event);
    expect(differences).toEqual(expected.map((line) => expect.stringMatching(line)));
  });

  it('nothing wrong with a conflict that was cancelled', async () => {
    const { event } = await soldEvent();
    await redis.setbit(takenKey(event.eventId), 3, 0);
    const { orderId } = await sell(event, rowSeats('A', 4));
    await seats.cancelOrder({ eventId: event.eventId, orderId, ticketIds: [] });
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

  it('nothing wrong with a new epoch, and what is missing in the one before', async () => {
    const { event } = await soldEvent();
    await redis.hset(countsKey(event.eventId), 'sequence', 1_000_000_000);
    await sell(event, rowSeats('G', 1));
    await project(event);
    expect(await verify(event)).toMatchObject({ differences: [], inFlight: 0 });
    await sql`delete from order_events where event_id = ${event.eventId} and sequence in (3, 5)`.execute(db);
    expect((await verify(event)).differences).toEqual([expect.stringMatching(/^MySQL lacks 2 domain events: 3, 5, lost/)]);
  });
});
