import type { AddressInfo } from 'node:net';
import type { InjectOptions } from 'fastify';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { freePort } from '../../scripts/local/free-ports.ts';
import { asOperator, testCatalogueApp } from '../../scripts/testing/apps.ts';
import { layCable, through } from '../../scripts/testing/cable.ts';
import { connectFarRedis } from '../../scripts/testing/far-redis.ts';
import { purchaseAppOn } from '../../scripts/testing/purchase-app.ts';
import { silentLogger } from '../../scripts/testing/silent-logger.ts';
import { openHall, rowSeats, sell } from '../../scripts/testing/sold-event.ts';
import { db, redis, unique, urls } from '../../scripts/testing/stores.ts';
import { serviceSecret } from '../../scripts/testing/tokens.ts';
import { createServiceTokens } from '../shared/identity/service-tokens.ts';
import { readSaleState } from '../shared/inventory/set-state.ts';
import { connectDatabase } from '../shared/stores/database.ts';
import { cancelEventStep, countSold } from './jobs/cancel-event.ts';
import { createCancelOrder } from './jobs/cancel-order.ts';
import { startJobs } from './jobs/run-jobs.ts';

let resources: AsyncDisposableStack;
beforeEach(() => {
  resources = new AsyncDisposableStack();
});
afterEach(() => resources.disposeAsync());

const api = '/catalogue/api/v1';
const fileOf = (eventId: string, event: object = {}) => ({
  venue: { venueId: 'Hall', name: 'The hall' },
  event: { eventId, name: 'A play', onSaleAt: '2026-01-01T10:00Z', currency: 'EUR', ...event },
  zones: [{ zoneId: 1, rows: 10, columns: 10, price: '20.00' }],
});

const clientOf =
  (app: Awaited<ReturnType<typeof testCatalogueApp>>) =>
  async (method: string, path: string, payload?: unknown, headers: Record<string, string> = {}) => {
    const body = payload === undefined ? {} : { payload: payload as InjectOptions['payload'] };
    const reply = await app.inject({
      method: method as 'GET',
      url: path.startsWith('/') ? path : `${api}/${path}`,
      headers: { ...asOperator, ...headers },
      ...body,
    } as InjectOptions);
    const isJson = String(reply.headers['content-type']).includes('json');
    return { status: reply.statusCode, headers: reply.headers, body: isJson ? reply.json() : reply.body };
  };

const away = (code: string) => ({ status: 503, headers: { 'retry-after': '1' }, body: { code } });
const anyTag = { 'if-match': '*' };

describe('the catalogue without MySQL', () => {
  it('answers 503 immediately, changes nothing in Redis, and goes on when MySQL is back', async () => {
    const cable = await layCable(Number(new URL(urls.databaseUrl).port), resources);
    const far = connectDatabase(through(cable, urls.databaseUrl), 5);
    resources.defer(() => far.destroy());
    const send = clientOf(await testCatalogueApp({ db: far, redis }));
    const [eventId, draft] = [unique('event'), unique('draft')];
    expect((await send('PUT', `events/${eventId}?publish=true`, fileOf(eventId))).status).toBe(201);
    expect((await send('PUT', `events/${draft}`, fileOf(draft))).status).toBe(201);

    await cable.cut();
    const event = `events/${eventId}`;
    const changed = fileOf(eventId, { name: 'Another play' });
    const block = { block: [{ zoneId: 1, row: 'A', seats: '1' }] };
    const requests: Parameters<typeof send>[] = [
      ['GET', 'events'],
      ['GET', event],
      ['PUT', event, changed, anyTag],
      ['PATCH', event, { event: { name: 'Another play' } }, anyTag],
      ['PATCH', `${event}/blocked`, block],
      ['POST', `${event}/pause`],
      ['POST', `${event}/close`],
      ['POST', `${event}/archive`],
      ['POST', `${event}/cancellation`, { confirm: eventId }],
      ['GET', `${event}/cancellation`],
      ['POST', `${event}/clone`, { eventId: unique('copy') }],
      ['POST', `events/${draft}/publish`],
      ['GET', `${event}/status`],
      ['GET', `${event}/orders`],
      ['GET', `${event}/orders.csv`],
      ['GET', `${event}/report`],
      ['GET', `${event}/audit`],
      ['GET', 'venues'],
      ['PUT', 'venues/Hall', { name: 'The hall' }],
      ['DELETE', 'halls/Hall', undefined, anyTag],
    ];
    for (const request of requests) {
      expect(await send(...request), request.slice(0, 2).join(' ')).toMatchObject(away('SERVICE_UNAVAILABLE'));
    }
    const health = await send('GET', '/catalogue/health');
    expect(health).toMatchObject({ status: 503, body: { checks: { database: expect.any(String), redis: expect.anything() } } });
    expect((await send('GET', '/catalogue/live')).status).toBe(200);
    expect(await readSaleState(redis, eventId)).toBe('published');
    expect(await readSaleState(redis, draft)).toBeUndefined();

    await cable.mend();
    await vi.waitFor(async () => expect((await send('GET', '/catalogue/health')).status).toBe(200), { timeout: 100_000 });
    expect(await send('GET', event)).toMatchObject({
      status: 200,
      body: { version: 1, document: { event: { name: 'A play' } } },
    });
    expect(await send('PUT', event, changed, { 'if-match': '"1"' })).toMatchObject({ status: 200, body: { version: 2 } });
    expect(await send('POST', `${event}/pause`)).toMatchObject({ status: 200, body: { state: 'paused', version: 3 } });
  });
});

describe('the catalogue without Redis', () => {
  it('shows what MySQL has, answers 503 to the rest, changes neither store, and goes on when Redis is back', async () => {
    const far = await connectFarRedis(resources);
    const send = clientOf(await testCatalogueApp({ db, redis: far.redis }));
    const [eventId, draft] = [unique('event'), unique('draft')];
    expect((await send('PUT', `events/${eventId}?publish=true`, fileOf(eventId))).status).toBe(201);
    expect((await send('PUT', `events/${draft}`, fileOf(draft))).status).toBe(201);

    await far.cut();
    const event = `events/${eventId}`;
    const changed = fileOf(eventId, { name: 'Another play' });
    const requests: Parameters<typeof send>[] = [
      ['PUT', `${event}`, changed, anyTag],
      ['PATCH', `${event}/blocked`, { block: [{ zoneId: 1, row: 'A', seats: '1' }] }],
      ['POST', `${event}/pause`],
      ['POST', `${event}/close`],
      ['POST', `events/${draft}/publish`],
      ['GET', `${event}/status`],
      ['GET', 'events'],
    ];
    for (const request of requests) {
      const reply = await send(...request);
      expect(reply, request.slice(0, 2).join(' ')).toMatchObject({ status: 503, headers: { 'retry-after': '1' } });
    }
    expect(await send('GET', '/catalogue/health')).toMatchObject({
      status: 503,
      body: { checks: { redis: expect.any(String) } },
    });
    for (const path of [event, `${event}/orders`, `${event}/report`, `${event}/audit`, 'venues', 'halls']) {
      expect((await send('GET', path)).status, path).toBe(200);
    }
    // Asking for a job needs only MySQL; it waits for Redis.
    expect((await send('POST', `${event}/cancellation`, { confirm: eventId })).status).toBe(202);

    await far.mend();
    await vi.waitFor(async () => expect((await send('GET', '/catalogue/health')).status).toBe(200), { timeout: 100_000 });
    expect((await send('GET', event)).body).toMatchObject({
      version: 1,
      state: 'published',
      document: { event: { name: 'A play' } },
    });
    expect(await readSaleState(redis, eventId)).toBe('published');
    expect((await send('GET', `events/${draft}`)).body).toMatchObject({ version: 1, state: 'draft' });
    expect(await send('PUT', event, changed, { 'if-match': '"1"' })).toMatchObject({ status: 200, body: { version: 2 } });
    expect(await send('POST', `events/${draft}/publish`)).toMatchObject({ status: 200, body: { state: 'published' } });
  });
});

describe('the catalogue without purchase', () => {
  it('accepts a cancellation, says what it waits for, and finishes it when purchase is there', async () => {
    const port = await freePort();
    const tokens = createServiceTokens(serviceSecret, 'catalogue');
    const cancelOrder = createCancelOrder({ purchaseUrl: `http://127.0.0.1:${port}`, checkoutUrl: '', tokens });
    const jobs = startJobs({
      db,
      redis,
      steps: {
        cancel: (job) => cancelEventStep({ db, redis }, cancelOrder, job),
        archive: async () => ({ isDone: true }),
      },
      logger: silentLogger,
    });
    resources.defer(() => jobs.stop());
    const send = clientOf(await testCatalogueApp({ db, redis, wakeJobs: jobs.wake }));
    const event = await openHall();
    const { eventId } = event;
    for (let column = 1; column <= 5; column++) await sell(event, rowSeats('A', column));
    const path = `events/${eventId}/cancellation`;
    const shows = (body: object) =>
      vi.waitFor(async () => expect(await send('GET', path)).toMatchObject({ status: 200, body }), { timeout: 100_000 });

    expect(await send('GET', path)).toMatchObject({ status: 404, body: { code: 'JOB_NOT_FOUND' } });
    expect(await send('POST', path, { confirm: 'Other' })).toMatchObject({
      status: 400,
      body: { errors: [{ pointer: '#/confirm' }] },
    });
    expect(await readSaleState(redis, eventId)).toBe('published');
    const asked = await send('POST', path, { confirm: eventId, reason: 'Rain' });
    expect(asked).toMatchObject({
      status: 202,
      headers: { location: `${api}/${path}` },
      body: { status: 'waiting', principal: 'operator', tickets: null, cancelled: null, detail: null },
    });
    await shows({ status: 'running', tickets: 5, cancelled: 0, detail: expect.stringContaining('purchase cannot be reached') });
    expect(await countSold(redis, eventId)).toBe(5);

    const purchase = await purchaseAppOn(redis);
    resources.defer(() => purchase.close());
    await purchase.listen({ port, host: '127.0.0.1' });
    expect((purchase.server.address() as AddressInfo).port).toBe(port);
    await shows({ status: 'done', tickets: 5, cancelled: 5, detail: null, finishedOn: expect.any(String) });
    expect(await countSold(redis, eventId)).toBe(0);
    // Asking again changes nothing.
    expect(await send('POST', path, { confirm: eventId })).toMatchObject({ status: 202, body: { status: 'done', cancelled: 5 } });
    const lines = await send('GET', `events/${eventId}/audit`);
    expect(lines.body.filter(({ action }: { action: string }) => action === 'ask to cancel')).toMatchObject([
      { changes: ['reason: Rain'] },
    ]);
  });

  it('refuses to cancel what is archived', async () => {
    const send = clientOf(await testCatalogueApp({ db, redis }));
    const { eventId } = await openHall();
    await db.updateTable('events').set({ state: 'archived' }).where('event_id', '=', eventId).execute();
    const refused = await send('POST', `events/${eventId}/cancellation`, { confirm: eventId });
    expect(refused).toMatchObject({ status: 409, body: { code: 'EVENT_STATE', detail: `${eventId} is archived` } });
  });
});
