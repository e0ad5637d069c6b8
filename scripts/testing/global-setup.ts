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
    /** `redisUrls`: one for each worker. */
    stores: StoreUrls & { redisUrls: string[]; endpoint: string };
  }
}

/** Starts stores for this run only, on free ports, in a folder that is deleted at the end; nothing else that runs is touched. */
export default async function setup({ provide, name, config }: TestProject) {
  const resources = new AsyncDisposableStack();
  try {
    const local = join(import.meta.dirname, '../../.local');
    mkdirSync(local, { recursive: true });
    const folder = mkdtempSync(join(local, 'test-'));
    resources.defer(() => rmSync(folder, { recursive: true, force: true }));

    // Here, because tests that run in parallel would each unpack one.
    await findServers(['nginx'], console.log);
    const ports = { redis: await freePort(), mysql: await freePort() };
    const urls = localStoreUrls(ports);
    await startStores({ folder, ports, urls, resources, say: console.log });
    const emulator = await startEmulator({ port: await freePort(), logFolder: folder });
    resources.defer(() => emulator.process.stop());

    const db = connectDatabase(urls.databaseUrl, 1);
    await migrateToLatest(db);
    await db.destroy();

    const clusterUrls = name === 'cluster' ? await startClusters(folder, config.maxWorkers, resources) : [];
    const databases = Array.from({ length: config.maxWorkers }, (_, at) => `${urls.redisUrl}/${at + 1}`);
    const isRedisCluster = clusterUrls.length > 0;
    const redisUrls = isRedisCluster ? clusterUrls : databases;
    provide('stores', { ...urls, redisUrls, isRedisCluster, endpoint: emulator.endpoint });
  } catch (error) {
    await resources.disposeAsync();
    throw error;
  }
  return () => resources.disposeAsync();
}

/**
 * Starts a cluster of three masters for each worker, because a cluster has only one database. Returns their URLs; none if Redis comes
 * from Docker, because the containers cannot reach each other.
 */
async function startClusters(folder: string, count: number, resources: AsyncDisposableStack): Promise<string[]> {
  const { redis: server } = await findServers(['redis'], console.log);
  if (server.docker !== undefined) {
    console.log('No redis-server on the PATH: the cluster tests run on a single Redis.');
    return [];
  }
  const starting = Array.from({ length: count }, async () => {
    const ports = [await freePort(), await freePort(), await freePort()];
    for (const node of await startRedisCluster(server, { folder, ports })) resources.defer(() => node.stop());
    return `redis://127.0.0.1:${ports[0]}`;
  });
  // If one fails to start, the others must still be closed.
  await Promise.allSettled(starting);
  return await Promise.all(starting);
}
