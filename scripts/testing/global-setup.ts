import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import getPort from 'get-port';
import type { TestProject } from 'vitest/node';
import { migrateToLatest } from '../../migrations/migrate.ts';
import { connectDatabase } from '../../services/shared/database.ts';
import { localStoreUrls, type StoreUrls, startEmulator, startStores } from '../local/stores.ts';

declare module 'vitest' {
  interface ProvidedContext {
    stores: StoreUrls & { endpoint: string };
  }
}

/** Stores of this run alone, on free ports, in a folder that goes when it ends; whatever else runs is not touched. */
export default async function setup({ provide }: TestProject) {
  const resources = new AsyncDisposableStack();
  try {
    const local = join(import.meta.dirname, '../../.local');
    mkdirSync(local, { recursive: true });
    const folder = mkdtempSync(join(local, 'test-'));
    resources.defer(() => rmSync(folder, { recursive: true, force: true }));

    const ports = { redis: await getPort(), mysql: await getPort() };
    const urls = localStoreUrls(ports);
    await startStores({ folder, ports, urls, resources, say: console.log });
    const emulator = await startEmulator({ port: await getPort(), logFolder: folder });
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
