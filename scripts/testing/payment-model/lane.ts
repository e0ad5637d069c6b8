import type { AddressInfo } from 'node:net';
import { sql } from 'kysely';
import { createPool, type Pool } from 'mysql2';
import { createSeats } from '../../../services/purchase/seats/create-seats.ts';
import type { RedisClient } from '../../../services/shared/stores/redis.ts';
import type { ProviderName } from '../../../services/shared/stores/schema.ts';
import { startPayments } from '../../local/payments/payments.ts';
import { testPurchaseApp } from '../apps.ts';
import { providersAt } from '../payments.ts';
import { createScratchUrl } from '../scratch-database.ts';
import { testFolder } from '../services.ts';
import { db, redis, urls } from '../stores.ts';

const tables = ['checkouts', 'payment_attempts', 'refunds', 'provider_inbox', 'checkout_outbox', 'payment_providers'];
const connections = 4;
const providerMs = 5_000;

export type Lane = Awaited<ReturnType<typeof startLane>>;

/** A purchase app for all lanes, over HTTP; no test of the file asks it otherwise. */
export async function startPurchase(resources: AsyncDisposableStack, client: RedisClient = redis) {
  const app = await testPurchaseApp({ seats: createSeats({ redis: client }), checks: {} });
  resources.defer(() => app.close());
  await app.listen({ port: 0, host: '127.0.0.1' });
  return { app, url: `http://127.0.0.1:${(app.server.address() as AddressInfo).port}` };
}

/** What histories run in, one after another: local payment providers and a database of their own, so that others do not disturb them. */
export async function startLane(resources: AsyncDisposableStack) {
  const payments = await startPayments({ port: 0, folder: testFolder(resources) });
  resources.defer(() => payments.stop());
  const uri = await createScratchUrl(resources);
  const pool: Pool = createPool({ uri, connectionLimit: connections, timezone: 'Z', charset: 'utf8mb4_bin' });
  resources.defer(() => new Promise<void>((resolve) => pool.end(() => resolve())));
  const [own, shared] = [uri, urls.databaseUrl].map((url) => new URL(url).pathname.slice(1));
  for (const table of tables) await sql`create table ${sql.id(own ?? '', table)} like ${sql.id(shared ?? '', table)}`.execute(db);
  const providers = providersAt(payments.url, providerMs);
  return { payments, pool, providers, names: Object.keys(providers) as ProviderName[] };
}
