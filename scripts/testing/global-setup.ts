import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { migrateToLatest } from '../../migrations/migrate.ts';
import { connectDatabase } from '../../services/shared/database.ts';
import { freePort } from '../local/free-ports.ts';
import { startRedisCluster } from '../local/redis-cluster.ts';
import { findServers } from '../local/servers.ts';
import { localStoreUrls, type StoreUrls, startEmulator, startStores } from '../local/stores.ts';

declare module 'vitest' {
  interface ProvidedContext {
    stores: StoreUrls & { endpoint: string };
  }
}

/** Stores of this run alone, on free ports, in a folder that goes when it ends; whatever else runs is not touched. */
export default async function setup({ provide, name }: TestProject) {
  const resources = new AsyncDisposableStack();
  try {
    const local = join(import.meta.dirname, '../../.local');
    mkdirSync(local, { recursive: true });
    const folder = mkdtempSync(join(local, 'test-'));
    resources.defer(() => rmSync(folder, { recursive: true, force: true }));

    // Before tests that run side by side would each unpack one.
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

/** Three masters instead of one Redis, which it stays where Redis comes from Docker: containers cannot meet. */
async function startCluster(folder: string, resources: AsyncDisposableStack) {
  const { redis: server } = await findServers(['redis'], console.log);
  if (server.docker !== undefined) {
    console.log('No redis-server on the PATH: what is to be tried on a cluster is tried on one Redis.');
    return {};
  }
  const ports = [await freePort(), await freePort(), await freePort()];
  for (const node of await startRedisCluster(server, { folder, ports })) resources.defer(() => node.stop());
  const redisUrl = `redis://127.0.0.1:${ports[0]}`;
  return { redisUrl, redisReaderUrl: redisUrl, isRedisCluster: true };
}
