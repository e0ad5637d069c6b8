import { sql } from 'kysely';
import { expect, it, vi } from 'vitest';
import { urls } from '../../../scripts/testing/stores.ts';
import { createMetrics } from '../telemetry/metrics.ts';
import { openDatabase } from './database.ts';
import { measurePool } from './measure-pool.ts';

it('reports how many connections are used and idle, and how many callers wait for one', async () => {
  await using resources = new AsyncDisposableStack();
  const { db, readUse } = openDatabase(urls.databaseUrl, 2, () => {});
  resources.defer(() => db.destroy());
  const { registry } = createMetrics();
  measurePool(readUse, registry);
  const told = async () => {
    const lines = (await registry.metrics()).split('\n').filter((line) => line.startsWith('db_client_connection'));
    return Object.fromEntries(lines.map((line) => line.replace('db_client_connection_', '').split(' ')));
  };
  const figures = (used: number, idle: number, pending: number) => ({
    'count{state="used"}': String(used),
    'count{state="idle"}': String(idle),
    max: '2',
    pending_requests: String(pending),
  });
  expect(await told()).toEqual(figures(0, 0, 0));
  const busy = Promise.withResolvers<void>();
  const holders = [1, 2, 3].map(() => db.connection().execute(() => busy.promise));
  await vi.waitFor(async () => expect(await told()).toEqual(figures(2, 0, 1)), 5_000);
  busy.resolve();
  await Promise.all(holders);
  await sql`select 1`.execute(db);
  expect(await told()).toEqual(figures(0, 2, 0));
});
