import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { outboxKey } from '../../services/shared/inventory/keys.ts';
import { openHall, project, rowSeats, sell, startTestWorker, takeNew, testSystem } from '../testing/sold-event.ts';
import { depth, openTestEvent, redis, seatedZone, unique } from '../testing/stores.ts';
import { replayEvent } from './replay-event.ts';
import { verifyEvent } from './verify/verify-event.ts';

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
