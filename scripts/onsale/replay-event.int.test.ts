import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readKeptRecords } from '../../services/catalogue/verify/kept-orders.ts';
import { verifyEvent } from '../../services/catalogue/verify/verify-event.ts';
import { outboxKey } from '../../services/shared/inventory/keys.ts';
import { uuidText } from '../../services/shared/stores/uuid.ts';
import { seats } from '../testing/seats.ts';
import { exchange, openHall, project, rowSeats, sell, startTestWorker, takeNew, testSystem } from '../testing/sold-event.ts';
import { db, depth, openTestEvent, redis, seatedZone, unique } from '../testing/stores.ts';
import { replayEvent } from './replay-event.ts';

let resources: AsyncDisposableStack;
beforeEach(() => {
  resources = new AsyncDisposableStack();
});
afterEach(() => resources.disposeAsync());

const noWaits = { patienceMs: 0, atMostMs: 0, lookMs: 0 };
const silence = () => {};

describe('a replay', () => {
  it('publishes exactly what was lost on the way, waits until it is applied, and then has nothing left to do', async () => {
    const system = await testSystem();
    const event = await openTestEvent({ zones: [seatedZone(1, 26, 30)] });
    const { eventId } = event;
    for (const [at, row] of [...'ABCDEFGH'].entries()) {
      await Promise.all(Array.from({ length: 30 }, (_, column) => sell(event, rowSeats(row, column + 1))));
      // Every other row is lost.
      await (at % 2 === 0 ? takeNew(event) : project(event));
    }
    startTestWorker(system, resources);
    expect((await verifyEvent(system, eventId, silence, noWaits)).differences).toEqual([
      expect.stringMatching(/^MySQL lacks 120 domain events: 1-30, 61-90, 121-150, 181-210, lost on the way/),
    ]);
    const said: string[] = [];
    expect(await replayEvent(system, eventId, (line) => said.push(line))).toMatchObject({ published: 120, lost: { count: 0 } });
    expect(said[0]).toBe('120 domain events published');
    expect(await verifyEvent(system, eventId)).toMatchObject({ differences: [], inFlight: 0 });
    expect(await replayEvent(system, eventId, silence)).toMatchObject({ published: 0, lost: { count: 0 } });
  });

  it('recovers what is still in the outbox after Redis has lost everything else, and reports what is lost', async () => {
    const system = await testSystem();
    const event = await openHall();
    const { eventId } = event;
    for (const column of [1, 2, 3]) await sell(event, rowSeats('A', column));
    await takeNew(event);
    const entries = await redis.xrange(outboxKey(eventId), '-', '+');
    await redis.xdel(outboxKey(eventId), entries[1]?.[0] ?? '');
    await redis.del((await redis.keys(`*{${eventId}}*`)).filter((key) => key !== outboxKey(eventId)));
    startTestWorker(system, resources);
    const said: string[] = [];
    expect(await replayEvent(system, eventId, (line) => said.push(line))).toMatchObject({ published: 2, lost: { count: 1 } });
    expect(said).toContain('MySQL lacks 1 domain event that Redis does not have either: 2');
    expect((await verifyEvent(system, eventId, silence, noWaits)).differences).toEqual([
      expect.stringMatching(/^Redis has no inventory/),
      expect.stringMatching(/^MySQL lacks domain event 2, found nowhere else/),
    ]);
  });

  it('reproduces exchanges, and what became of the tickets after them, from the orders in Redis', async () => {
    const system = await testSystem();
    const event = await openHall();
    const { eventId } = event;
    const order = await sell(event, rowSeats('A', 1, 2), 'auth0|ann');
    const once = await exchange(event, order, 0, { row: 'B', column: 1 });
    const twice = await exchange(event, once, 2, { row: 'B', column: 2 });
    await seats.cancelOrder({ eventId, orderId: order.orderId, ticketIds: [] });
    await sell(event, rowSeats('A', 1), 'ann@example.org');
    const lost = await takeNew(event);
    await redis.del(outboxKey(eventId));
    const kept: unknown[] = [];
    for await (const records of readKeptRecords(redis, eventId, [{ first: 1, last: 5 }])) {
      kept.push(...records.map((record) => ({ sequence: record.sequence, type: record.type, data: JSON.parse(record.data) })));
    }
    expect(kept).toHaveLength(5);
    for (const { type, data } of lost) expect(kept).toContainEqual({ sequence: data.sequence, type, data });

    startTestWorker(system, resources);
    expect(await replayEvent(system, eventId, silence)).toMatchObject({ published: 5, lost: { count: 0 } });
    const found = await db.selectFrom('tickets').selectAll().where('event_id', '=', eventId).orderBy('ticket_id').execute();
    const exchangedFor = new Map(found.map((row) => [uuidText(row.ticket_id), row.exchanged_for && uuidText(row.exchanged_for)]));
    const [first, second, third, fourth] = twice.tickets.map(({ ticketId }) => ticketId);
    expect([first, second, third, fourth].map((id = '') => exchangedFor.get(id))).toEqual([third, null, fourth, null]);
    expect(found.map(({ status }) => status).toSorted()).toEqual(['CANCELLED', 'CANCELLED', 'CANCELLED', 'CANCELLED', 'PAID']);
    expect((await verifyEvent(system, eventId, silence, noWaits)).differences).toEqual([
      expect.stringMatching(/^the outbox is empty/),
    ]);
  });

  it('reports what was published but not applied if no worker runs', async () => {
    const system = await testSystem();
    const event = await openHall();
    await sell(event, rowSeats('A', 1));
    await takeNew(event);
    await expect(replayEvent(system, event.eventId, silence, 200)).rejects.toThrow(
      '1 domain event published, but MySQL has not applied all of them. Is persistence running?',
    );
    expect(await depth(system.messaging.queueUrl)).toEqual([1, 0]);
  });

  it('rejects an event that was never opened', async () => {
    await expect(replayEvent(await testSystem(), unique('event'), silence)).rejects.toThrow(/was never opened\./);
  });
});
