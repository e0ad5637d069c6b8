import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { testPurchaseApp } from '../../scripts/testing/apps.ts';
import { accepted, app } from '../../scripts/testing/purchase-app.ts';
import { confirm, extend, hold, namesOf, release, seats, ticket } from '../../scripts/testing/requests.ts';
import { seats as allSeats, load, purchaseOf } from '../../scripts/testing/seats.ts';
import { openTestEvent, redis, seatedZone } from '../../scripts/testing/stores.ts';
import { type Inventory, readInventory } from '../shared/inventory/inventory.ts';
import { inventoryKey } from '../shared/inventory/keys.ts';
import { rowLabel } from '../shared/terms/row-label.ts';

let openGate = () => {};
afterEach(async () => {
  vi.restoreAllMocks();
  openGate();
  await vi.waitFor(() => expect(load.taking.count).toBe(0), { timeout: 100_000 });
});

const columns = 100;
/** Names of a zone's first seats, row by row. */
const seatNames = (count: number) =>
  Array.from({ length: count }, (_, at) => `${rowLabel(Math.floor(at / columns) + 1)}${(at % columns) + 1}`);

const soldOf = async ({ eventId }: Inventory) => (await readInventory(redis, eventId))?.sold.get(1);

/** How many requests for one event's seats may wait while no others do. */
const maxWaiting = 384;
/** The number of script calls that may be in flight. */
const calls = 6;
const inCalls = calls * 256;

let event: Inventory;
beforeEach(async () => {
  event = await openTestEvent({ zones: [seatedZone(1, 70, columns)] });
});

/** Holds back every script call until the gate is opened. */
function closeGate(): void {
  const gate = Promise.withResolvers<void>();
  const evalsha = redis.evalsha.bind(redis) as (...args: unknown[]) => Promise<unknown>;
  const late = async (...args: unknown[]) => {
    await gate.promise;
    return await evalsha(...args);
  };
  vi.spyOn(redis, 'evalsha').mockImplementation(late as typeof redis.evalsha);
  openGate = gate.resolve;
}

/** Sends enough purchases of one seat to fill the calls, and then `waiting` more that have to wait. */
async function queueUp(waiting: number) {
  const buy = (name: string) => {
    const [seat] = seats(name);
    return allSeats.sell(purchaseOf(event, { ...seat, column: Number(seat?.column) })).then(
      ({ kind }) => kind,
      ({ code, message }) => `${code}: ${message}`,
    );
  };
  const names = seatNames(inCalls + waiting);
  const asked = names.slice(0, inCalls).map(buy);
  await vi.waitFor(() => expect(redis.evalsha).toHaveBeenCalledTimes(calls));
  const queued = names.slice(inCalls).map(buy);
  await vi.waitFor(() => expect(load.taking.count).toBe(waiting));
  return [...asked, ...queued];
}

describe('of more concurrent requests than may wait', () => {
  it('those above the bound return 503 with Retry-After; every 201 is a sale, and nothing else is', async () => {
    const requests = seatNames(6_000).map((name) => ticket(event, { seats: seats(name) }));
    const answers = await Promise.all(requests.map((request) => app.inject(request)));
    const sold = answers.filter(({ statusCode }) => statusCode === 201);
    const refused = answers.filter(({ statusCode }) => statusCode !== 201);
    expect(refused.length).toBeGreaterThanOrEqual(6_000 - maxWaiting - inCalls);
    expect(sold.length).toBeGreaterThan(0);
    for (const answer of refused) {
      expect(answer.json()).toMatchObject({ status: 503, code: 'SERVICE_UNAVAILABLE', detail: expect.stringMatching(/wait/) });
      expect([answer.statusCode, answer.headers['retry-after']]).toEqual([503, '1']);
    }
    expect(new Set(namesOf(sold.map((answer) => answer.json()))).size).toBe(sold.length);
    expect(await soldOf(event)).toBe(sold.length);
    expect(load.taking.count).toBe(0);
  });
});

describe("while an event's queue of requests for seats is full", () => {
  it('another one is refused; GET requests still work, and sales go on once there is room', async () => {
    closeGate();
    const buying = await queueUp(maxWaiting);
    const shedBefore = load.shed;
    for (const request of [ticket(event, { seats: seats('A1') }), hold(event, ['A1'])]) {
      const answer = await app.inject(request);
      expect(answer.json()).toMatchObject({ status: 503, code: 'SERVICE_UNAVAILABLE' });
      expect([answer.statusCode, answer.headers['retry-after']]).toEqual([503, '1']);
    }
    expect(load).toEqual({ taking: { count: maxWaiting }, deciding: { count: 0 }, shed: shedBefore + 2 });
    for (const path of ['live', 'health', 'openapi.json']) expect((await app.inject(`/purchase/${path}`)).statusCode).toBe(200);

    openGate();
    await Promise.all(buying);
    expect((await app.inject(ticket(event, { seats: seats('BR100') }))).statusCode).toBe(201);
  });

  it('another one is refused before its JSON is read, on a connection that stays open; other events get to hear what is wrong', async () => {
    const other = await openTestEvent();
    closeGate();
    const buying = await queueUp(maxWaiting);
    const ask = (eventId: string) =>
      app.inject({
        ...hold(event, ['A1']),
        headers: { 'content-type': 'application/json' },
        payload: `{"eventId": "${eventId}", `,
      });
    const [shed, understood] = [await ask(event.eventId), await ask(other.eventId)];
    expect([shed.statusCode, shed.headers['retry-after']]).toEqual([503, '1']);
    expect(shed.headers.connection).not.toBe('close');
    expect(understood.json()).toMatchObject({ status: 400, code: 'INVALID_REQUEST' });
    openGate();
    await Promise.all(buying);
  });

  it('its holds are confirmed, extended and released, and other events sell, before the waiting requests are decided', async () => {
    const columns = [98, 99, 100].map((column) => `BR${column}`);
    const [confirmed, extended, released] = await Promise.all(columns.map((name) => accepted(hold(event, [name]))));
    const other = await openTestEvent();
    closeGate();
    const buying = await queueUp(maxWaiting);
    const requests = [confirm(confirmed), extend(extended), release(released), ticket(other, { seats: seats('A1') })];
    const answers = Promise.all(requests.map((request) => app.inject(request)));
    await vi.waitFor(() => expect(redis.evalsha).toHaveBeenCalledTimes(calls + requests.length));
    // None of the waiting requests has had a turn since.
    expect(load.taking.count).toBe(maxWaiting);
    openGate();
    expect((await answers).map(({ statusCode }) => statusCode)).toEqual([201, 200, 204, 201]);
    await Promise.all(buying);
  });

  it('another event sells, however many events are that crowded', async () => {
    const crowds: Inventory[] = [];
    while (crowds.length < 20) crowds.push(await openTestEvent({ zones: [seatedZone(1, 70, columns)] }));
    closeGate();
    const names = seatNames(inCalls + maxWaiting);
    const buying: Promise<unknown>[] = [];
    const { taking } = load;
    // Again and again, as crowds do: what waits fills the calls first.
    await vi.waitFor(
      () => {
        for (const crowded of crowds) {
          for (const name of names) {
            const [seat] = seats(name);
            buying.push(allSeats.sell(purchaseOf(crowded, { ...seat, column: Number(seat?.column) })).catch(() => {}));
          }
        }
        expect(taking.count).toBeGreaterThan(1.5 * maxWaiting);
      },
      { timeout: 30_000, interval: 200 },
    );
    const quiet = app.inject(ticket(event, { seats: seats('A1') }));
    await vi.waitFor(() => expect(vi.mocked(redis.evalsha).mock.lastCall).toContain(inventoryKey(event.eventId)));
    expect(taking.count).toBeLessThan(2 * maxWaiting + crowds.length * 16);
    openGate();
    expect((await quiet).statusCode).toBe(201);
    await Promise.all(buying);
  });

  it('one log line a second counts the refusals', async () => {
    const lines: string[] = [];
    const logger = pino({ level: 'warn' }, { write: (line) => void lines.push(line) });
    await using logged = await testPurchaseApp({ seats: allSeats, logger });
    closeGate();
    const buying = await queueUp(maxWaiting);
    const request = ticket(event, { seats: seats('A1') });
    const answers = await Promise.all(Array.from({ length: 500 }, () => logged.inject(request)));
    expect(new Set(answers.map(({ statusCode }) => statusCode))).toEqual(new Set([503]));
    await vi.waitFor(() => expect(lines).toHaveLength(2), { timeout: 100_000 });
    const times = lines.map((line) => (JSON.parse(line) as { times: number }).times);
    expect(times).toEqual([1, 499]);
    openGate();
    await Promise.all(buying);
  });
});

it('a request that has waited too long is refused without asking Redis: a response comes in time or promises nothing', async () => {
  closeGate();
  const buying = await queueUp(88);
  const startedAt = performance.now();
  const now = performance.now.bind(performance);
  vi.spyOn(performance, 'now').mockImplementation(() => now() + 1_000);
  openGate();
  const outcomes = Object.groupBy(await Promise.all(buying), (outcome) => outcome);
  expect(performance.now() - startedAt).toBeGreaterThanOrEqual(1_000);
  expect(outcomes['sold']).toHaveLength(inCalls);
  expect(outcomes['SERVICE_UNAVAILABLE: Too many requests are waiting; nothing was promised']).toHaveLength(88);
  expect(await soldOf(event)).toBe(inCalls);
});
