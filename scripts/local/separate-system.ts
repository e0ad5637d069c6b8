import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { migrateToLatest } from '../../migrations/migrate.ts';
import { connectStores } from './connect.ts';
import { freePorts } from './free-ports.ts';
import { localFolder } from './local-folder.ts';
import { localStoreUrls, type StoreUrls } from './store-urls.ts';
import { startSystem } from './system.ts';

/**
 * Starts a system of a program's own, without events, beside any other: on free ports, in a folder of this name that is emptied first.
 * `others`: the services that sales do not need, too. `resources` stops it.
 */
export async function startSeparateSystem(
  name: string,
  options: { resources: AsyncDisposableStack; say: (line: string) => void; others: boolean },
) {
  options.say('Starting a separate system …');
  const folder = join(localFolder, name);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const ports = await freePorts();
  const urls = localStoreUrls(ports);
  const { others } = await startSystem({ folder, ports, urls, prepare, ...options });
  return { ports, urls, others };
}

async function prepare(stores: StoreUrls): Promise<void> {
  await using connections = new AsyncDisposableStack();
  const { db } = await connectStores(stores, connections);
  await migrateToLatest(db);
}
