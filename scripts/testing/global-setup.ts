import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { migrateToLatest } from '../../migrations/migrate.ts';
import { connectDatabase } from '../../services/shared/stores/database.ts';
import { freePort } from '../local/free-ports.ts';
import { startRedisCluster } from '../local/redis-cluster.ts';
import { findServers } from '../local/servers.ts';
import { localStoreUrls, type StoreUrls } from '../local/store-urls.ts';
import { startEmulator, startStores } from '../local/stores.ts';

declare module 'vitest' {
  interface ProvidedContext {
    stores: StoreUrls & { endpoint: string };
  }
}

/** Starts stores for this run only, on free ports, in a folder that is deleted at the end; nothing else that runs is touched. */
export default async function setup({ provide, name }: TestProject) {
  const resources = new AsyncDisposableStack();
  try {
    const local = join(import.meta.dirname, '../../.local');
    mkdirSync(local, { recursive: true });
    const folder = mkdtempSync(join(local, 'test-'));
    resources.defer(() => rmSync(folder, { recursive: true, force: true }));

    // Here, because tests that run in parallel would each unpack one.
    await findServers(['nginx'], console.log);
    const ports = { redis: await freePort(), mysql: await freePort() };
    const urls = { ...localStoreUrls(ports), ...(name === 'cluster' && (await startCluster(folder, resources))) };
    await startStores({ folder, ports, urls, resources, say: console.log });
    const emulator = await startEmulator({ port: await freePort(), logFolder: folder });
    resources.defer(() => emulator.process.stop());

    const db = connectDatabase(urls.databaseUrl, 1);
    await migrateToLatest(db);
    await db.destroy();
    provide('stores', { ...urls, endpoint: emulator.endpoint });
  } catch (error) {
    await resources.disposeAsync();
    throw error;
  }
  return () => resources.disposeAsync();
}

/** Starts three masters instead of one Redis. If Redis comes from Docker, it stays one: the containers cannot reach each other. */
async function startCluster(folder: string, resources: AsyncDisposableStack) {
  const { redis: server } = await findServers(['redis'], console.log);
  if (server.docker !== undefined) {
    console.log('No redis-server on the PATH: the cluster tests run on a single Redis.');
    return {};
  }
  const ports = [await freePort(), await freePort(), await freePort()];
  for (const node of await startRedisCluster(server, { folder, ports })) resources.defer(() => node.stop());
  const redisUrl = `redis://127.0.0.1:${ports[0]}`;
  return { redisUrl, redisReaderUrl: redisUrl, isRedisCluster: true };
}
