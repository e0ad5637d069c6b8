import { once } from 'node:events';
import { type AddressInfo, connect } from 'node:net';
import { text } from 'node:stream/consumers';
import type { InjectOptions } from 'fastify';
import getPort from 'get-port';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { assertConserved } from '../../scripts/testing/conservation.ts';
import { silentLogger } from '../../scripts/testing/silent-logger.ts';
import { openTestEvent, redis, seatedZone, unique } from '../../scripts/testing/stores.ts';
import { type ProblemCode, problems } from '../shared/problems.ts';
import { buildPurchaseApp } from './app.ts';
import { inventoryKey, outboxKey } from './keys.ts';
import { connectRedis } from './redis.ts';
import { type SeatOrder, sellSeat } from './seats/sell-seat.ts';

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const ticketsPath = '/purchase/api/v1/tickets';

/** Orders that got as far as the script, and events that the relay was told of. */
const orders: SeatOrder[] = [];
const woken: string[] = [];
const appOn = (store: typeof redis) =>
  buildPurchaseApp({
    sellSeat: (order) => {
      orders.push(order);
      return sellSeat(store, order);
    },
    onSold: (eventId) => woken.push(eventId),
    checks: { redis: () => store.ping() },
    logger: silentLogger,
  });

const app = await appOn(redis);
afterAll(() => app.close());

// For whatever must change nothing: its second zone is general admission.
const event = await openTestEvent({ zones: [seatedZone(1, 26, 30), { zoneId: 2, capacity: 5, priceMinor: 100 }] });
const { eventId, venueId } = event;
const seat = { venueId, eventId, zoneId: 1, row: 'A', column: 1 as unknown };

const post = (payload: unknown, headers: Record<string, string> = {}): InjectOptions => ({
  method: 'POST',
  url: ticketsPath,
  headers: { 'content-type': 'application/json', ...headers },
  payload: typeof payload === 'string' ? payload : JSON.stringify(payload),
});

/** All that Redis holds, byte for byte. */
async function dump() {
  const keys = (await redis.keys('*')).toSorted();
  return await Promise.all(keys.map(async (key) => [key, (await redis.dumpBuffer(key))?.toString('base64')]));
}

beforeEach(() => {
  orders.length = 0;
  woken.length = 0;
});

describe('a purchase', () => {
  it('answers 201 with the ticket, and where it will be found', async () => {
    const own = await openTestEvent({ currency: 'EUR', zones: [seatedZone(7, 26, 30, 4_550)] });
    const answer = await app.inject(post({ ...own, ...seat, venueId: own.venueId, eventId: own.eventId, zoneId: 7 }.valueOf()));
    expect(answer.statusCode).toBe(201);
  });
});
