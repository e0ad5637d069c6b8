import { execFile } from 'node:child_process';
import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { migrateToLatest } from '../../migrations/migrate.ts';
import { pathTable } from '../../services/shared/http/path-table.ts';
import { openEvent } from '../../services/shared/inventory/open-event.ts';
import { assertConserved } from '../testing/conservation.ts';
import { buy, get, inParallel } from '../testing/http.ts';
import { readPage } from '../testing/markdown.ts';
import { isReachable } from '../testing/reachable.ts';
import { testFolder } from '../testing/services.ts';
import { db, openTestEvent, planOf, redis, seatedZone, urls } from '../testing/stores.ts';
import { connectStores } from './connect.ts';
import { prepareStores } from './default-system.ts';
import { freePorts } from './free-ports.ts';
import { localStoreUrls, type StoreUrls } from './store-urls.ts';
import { startSystem } from './system.ts';

let folders: AsyncDisposableStack;
beforeEach(() => {
  folders = new AsyncDisposableStack();
});
afterEach(() => folders.disposeAsync());

const quiet = { say: () => {}, prepare: async () => {} };

const waitFor = (condition: () => Promise<void>) => vi.waitFor(condition, { timeout: 100_000, interval: 50 });

describe('the system on one machine', () => {
  it('sells a seat through the load balancer, counts it, remembers it after a restart, and listens only on loopback', async () => {
    const folder = testFolder(folders);
    const ports = await freePorts();
    const base = `http://127.0.0.1:${ports['load-balancer']}`;
    const plan = planOf({ eventId: 'E', venueId: 'V', currency: 'USD', onSaleAtMs: 0, holdMs: 1, zones: [seatedZone(1, 2, 2)] });
    /** With a Redis and a MySQL of its own, as `npm start` has. */
    const start = (resources: AsyncDisposableStack) =>
      startSystem({
        ...quiet,
        folder,
        ports,
        urls: localStoreUrls(ports),
        resources,
        async prepare(own) {
          await using connections = new AsyncDisposableStack();
          const stores = await connectStores(own, connections);
          await migrateToLatest(stores.db);
          await openEvent(stores.db, stores.redis, plan);
        },
      });
    const wish = { venueId: 'V', eventId: 'E' };
    {
      await using resources = new AsyncDisposableStack();
      await start(resources);
      const sold = await buy(base, wish);
      expect(sold).toMatchObject({
        status: 201,
        body: { row: 'A', column: '1', status: 'PAID', price: '100.00', currency: 'USD' },
      });
      expect(await buy(base, wish)).toMatchObject({ status: 409, body: { code: 'SEAT_TAKEN' } });

      await waitFor(async () => expect((await get(`${base}/query/api/v1/tickets/count/E`)).body.count).toBe(1));
      const revenue = await get(`${base}/query/api/v1/tickets/revenue/V/E`);
      expect(revenue.body).toEqual({ ...wish, totalRevenue: '100.00', currency: 'USD' });
      const { orderId: _secret, orderToken: _too, ...shownToAnybody } = sold.body;
      expect((await get(base + sold.headers.get('location'))).body).toEqual(shownToAnybody);
      for (const { prefix } of Object.values(pathTable))
        await waitFor(async () => expect(await get(`${base}${prefix}/health`)).toMatchObject({ status: 200 }));
      expect(await get(`${base}/nowhere`)).toMatchObject({ status: 404, body: { code: 'NOT_FOUND' } });
      // On other systems, only 127.0.0.1 is loopback.
      if (process.platform === 'linux')
        for (const [name, port] of Object.entries(ports))
          expect([name, await isReachable('127.0.0.2', port)]).toEqual([name, false]);
    }
    await using resources = new AsyncDisposableStack();
    await start(resources);
    expect((await buy(base, wish)).status).toBe(409);
    await waitFor(async () => expect((await get(`${base}/query/api/v1/tickets/count/E`)).body.count).toBe(1));
  });

  it('sells 1,000 seats to 5,000 concurrent buyers: 1,000 tickets, 1,000 rows, exact revenue, sequences without a gap', async () => {
    const { eventId, venueId } = await openTestEvent({ zones: [seatedZone(1, 20, 50, 12_345)] });
    await using resources = new AsyncDisposableStack();
    const ports = await freePorts();
    await startSystem({ ...quiet, folder: testFolder(folders), ports, urls, resources });
    const base = `http://127.0.0.1:${ports['load-balancer']}`;
    const requests = Array.from({ length: 5_000 }, (_, at) => ({
      venueId,
      eventId,
      row: String.fromCharCode('A'.charCodeAt(0) + (Math.floor(at / 50) % 20)),
      column: (at % 50) + 1,
    }));
    const answers = await inParallel(requests, 500, async (wish) => (await buy(base, wish)).status);
    expect(Object.groupBy(answers, String)['201']).toHaveLength(1_000);
    expect(Object.groupBy(answers, String)['409']).toHaveLength(4_000);
    await assertConserved(redis, eventId);

    await waitFor(async () => expect((await get(`${base}/query/api/v1/tickets/count/${eventId}`)).body.count).toBe(1_000));
    const revenue = await get(`${base}/query/api/v1/tickets/revenue/${venueId}/${eventId}`);
    expect(revenue.body.totalRevenue).toBe('123450.00');
    await assertConserved(redis, eventId, db);
  });

  it('does what the READMEs show: each of their requests succeeds, one after another', async () => {
    const folder = testFolder(folders);
    const ports = await freePorts();
    await using resources = new AsyncDisposableStack();
    const prepare = (own: StoreUrls) => prepareStores(own, () => {});
    await startSystem({ ...quiet, folder, ports, urls: localStoreUrls(ports), resources, prepare });
    // The commands read .local/ops-token.
    symlinkSync('.', join(folder, '.local'));
    const base = `http://127.0.0.1:${ports['load-balancer']}`;
    const perform = async (commands: string) => {
      const script = prelude + commands.replaceAll('http://localhost:8000', base);
      return (await run('bash', ['-c', script], { cwd: folder })).stdout;
    };

    const [purchase = '', reading = '', ...others] = pagesWithRequests.flatMap((page) =>
      readPage(page)
        .blocks.filter(({ lang, text }) => lang === 'sh' && /\bcurl\b/.test(text))
        .map(({ text }) => text),
    );
    const sold = await perform(purchase);
    expect(sold).toMatch(/^HTTP\/1.1 201/);
    const [shown] = readPage('README.md').blocks.filter(({ lang }) => lang === 'json');
    const isLike = (text = '') => Object.keys(JSON.parse(text));
    expect(isLike(sold.slice(sold.indexOf('{')))).toEqual(isLike(shown?.text));
    expect(await buy(base, { venueId: 'Venue1', eventId: 'Event1' })).toMatchObject({
      status: 409,
      body: { code: 'SEAT_TAKEN' },
    });
    await waitFor(async () => expect(await perform(reading)).toContain('{"eventId":"Event1","count":1}'));
    expect(others.length).toBeGreaterThan(5);
    for (const commands of others) await perform(commands);
  });
});

const run = promisify(execFile);

const pagesWithRequests = ['README.md', 'services/purchase/README.md', 'services/query/README.md'];

/** Ends at the first request that fails, after some attempts: a sale can be read moments later. Leaves out all but the requests. */
const prelude = `set -euo pipefail
curl() { command curl --silent --show-error --fail-with-body --retry 5 --retry-delay 1 --retry-all-errors "$@"; }
npm() { :; }
`;
