import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { seats } from '../../../scripts/testing/seats.ts';
import { silentLogger } from '../../../scripts/testing/silent-logger.ts';
import {
  openHall,
  project,
  rowSeats,
  sell,
  soldEvent,
  startTestWorker,
  testSystem,
} from '../../../scripts/testing/sold-event.ts';
import { db, openTestEvent, redis, seatedZone, sns, unique } from '../../../scripts/testing/stores.ts';
import { createOutbox } from '../../purchase/outbox/outbox.ts';
import { startRelay } from '../../purchase/outbox/relay.ts';
import { findVerification } from '../../query/queries/verification.ts';
import { createPublish } from '../../shared/events/publish.ts';
import { judgeTickets } from './compare-tickets.ts';
import { createDifferences, recordVerification } from './report.ts';
import { verifyEvent } from './verify-event.ts';

let resources: AsyncDisposableStack;
beforeEach(() => {
  resources = new AsyncDisposableStack();
});
afterEach(() => resources.disposeAsync());

const system = await testSystem();

const verify = ({ eventId }: { eventId: string }) =>
  verifyEvent(system, eventId, () => {}, { patienceMs: 200, atMostMs: 1_000, lookMs: 20 });

describe('verifying an event', () => {
  it('finds nothing wrong after sales, cancellations and holds, and summarises them in one line', async () => {
    const { event } = await soldEvent();
    expect(await verify(event)).toEqual({
      eventId: event.eventId,
      differences: [],
      count: 0,
      inFlight: 0,
      sequence: 5,
      held: 2,
      awaited: 0,
      selling: 0,
      payments: {
        ...{ authorised: '0.00', captured: '0.00', refunded: '0.00', refunding: '0.00', pending: '0.00' },
        ...{ unfinished: 0, stuck: 0, checkouts: {}, refunds: {} },
      },
      tickets: 6,
      revenue: '441.00',
      summary: `${event.eventId}: 6 tickets for 441.00 USD, 5 domain events, nothing missing, nothing twice; 2 tickets held`,
    });
  });

  it('is stored for the operator, the last one of each event', async () => {
    const { event } = await soldEvent();
    const { eventId } = event;
    const found = () => findVerification(db, eventId, 'USD');
    expect(await found()).toBeUndefined();
    const verification = await verify(event);
    const [first, second] = [new Date('2026-11-28T10:00:00.123Z'), new Date('2026-11-28T10:05:00.456Z')];
    await recordVerification(db, first, verification);
    const { summary } = verification;
    expect(await found()).toEqual({ at: first.toISOString(), differences: 0, tickets: 6, revenue: '441.00', summary });
    await recordVerification(db, second, { ...verification, count: 3, summary: 'x'.repeat(2_000) });
    expect(await found()).toMatchObject({ at: second.toISOString(), differences: 3, summary: 'x'.repeat(1_000) });
  });

  it('finds nothing wrong with an event without sales', async () => {
    expect(await verify(await openHall())).toMatchObject({ differences: [], inFlight: 0 });
  });

  it('reports what is on its way, but not as a difference', async () => {
    const { event, second } = await soldEvent();
    await sell(event, rowSeats('C', 1, 2));
    await seats.cancelOrder({ eventId: event.eventId, orderId: second.orderId, ticketIds: [] });
    const { differences, inFlight, summary } = await verify(event);
    expect(differences).toEqual([]);
    expect(inFlight).toBe(2);
    expect(summary).toContain('2 domain events in flight; 1 ticket that they will cancel');
    await project(event);
    expect(await verify(event)).toMatchObject({ differences: [], inFlight: 0 });
  });

  it('compares again what differs, once MySQL has all that Redis had', async () => {
    const { event, second } = await soldEvent();
    const { eventId } = event;
    const { orderId } = second;
    await seats.cancelOrder({ eventId, orderId, ticketIds: [] });
    const differences = createDifferences();
    const suspects = second.tickets.map(({ ticketId }) => ({ ticketId, orderIds: [orderId] }));
    const known = { upTo: 5, isWhole: true, patienceMs: 10_000 };
    const awaited = judgeTickets(system, eventId, suspects, known, differences);
    await project(event);
    expect(await awaited).toBe(0);
    expect(differences.lines()).toEqual([]);
  });

  it('finds nothing wrong while tickets are sold, held and cancelled', async () => {
    const event = await openTestEvent({ zones: [seatedZone(1, 20, 100), seatedZone(2, 20, 100)] });
    const outbox = createOutbox(redis, unique('task'));
    const publish = createPublish(sns, system.messaging.topicArn);
    const relay = startRelay({ outbox, publish, logger: silentLogger, retentionMs: 3_600_000, sweepMs: 50 });
    resources.defer(() => relay.stop());
    startTestWorker(system, resources);
    const { eventId } = event;
    let selling = true;
    const crowd = async (zoneId: number) => {
      const orders: string[] = [];
      while (selling) {
        const { orderId } = await sell(event, { zoneId, quantity: 2, split: true }, unique('buyer'));
        orders.push(orderId);
        relay.wake(eventId);
        const cancelled = orders.length > 4 ? orders.shift() : undefined;
        if (cancelled) await seats.cancelOrder({ eventId, orderId: cancelled, ticketIds: [] });
      }
    };
    const crowds = [crowd(1), crowd(1), crowd(2)];
    const found = [await verify(event), await verify(event)];
    selling = false;
    await Promise.all(crowds);
    expect(found.flatMap(({ differences }) => differences)).toEqual([]);
    expect(found.map(({ summary }) => summary).join()).toMatch(/[1-9]\d* zones? still selling/);
    relay.wake(eventId);
    // On a busy machine, what was sold takes longer to reach MySQL than a verification waits for it.
    const settled = async () => expect(await verifyEvent(system, eventId)).toMatchObject({ differences: [], inFlight: 0 });
    await vi.waitFor(settled, 100_000);
  });

  it('lists the first twenty of a thousand differences of a kind, and how many more there are', async () => {
    const event = await openTestEvent({ zones: [seatedZone(1, 10, 100)] });
    for (let order = 0; order < 100; order++) {
      const columns = Array.from({ length: 10 }, (_, at) => Math.floor(order / 10) * 10 + at + 1);
      await sell(event, rowSeats(String.fromCharCode(65 + (order % 10)), ...columns));
    }
    await project(event);
    await db.deleteFrom('tickets').where('event_id', '=', event.eventId).execute();
    const { differences, summary } = await verify(event);
    expect(differences.filter((line) => line.includes('its row is gone'))).toHaveLength(20);
    expect(differences).toContain('… and 980 more: tickets missing in MySQL');
    expect(summary).toContain('1,001 differences');
  });

  it('rejects an event that was never opened', async () => {
    await expect(verify({ eventId: unique('event') })).rejects.toThrow(/was never opened\./);
  });
});
