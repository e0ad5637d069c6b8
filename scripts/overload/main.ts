import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { migrateToLatest } from '../../migrations/migrate.ts';
import { systemAt } from '../flash-sale/system.ts';
import { connectStores } from '../local/connect.ts';
import { localFolder } from '../local/default-system.ts';
import { freePorts } from '../local/free-ports.ts';
import { stopWith } from '../local/stop.ts';
import { localStoreUrls, type StoreUrls } from '../local/stores.ts';
import { startSystem } from '../local/system.ts';
import { newCommand } from '../terminal/command.ts';
import { crowds } from './crowds.ts';
import { overload } from './overload.ts';
import { faultsOf, textOf } from './report.ts';

newCommand(
  'overload',
  'Starts a system of its own, finds how many orders a second it can take, and sends twice as many for ten seconds. Shows how ' +
    'it sheds them and recovers. Exit status 1: a promise was broken, or the run failed. Takes two to three minutes.',
).parse();
const resources = new AsyncDisposableStack();
const { stop, isStopping, say } = stopWith(resources, { exitCode: 130, onSignal: () => say('Broken off; stopping the system.') });

try {
  say('Starting a system for it …');
  const folder = join(localFolder, 'overload');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const ports = await freePorts();
  const urls = localStoreUrls(ports);
  await startSystem({ folder, ports, urls, resources, say, prepare });
  const system = systemAt(ports, urls);
  let isRight = true;
  for (const crowd of crowds) {
    say(`\nBuyers want ${crowd.name}:`);
    const seen = await overload(system, crowd, resources, say);
    say(textOf(seen));
    const faults = faultsOf(seen);
    for (const fault of faults) say(`Wrong: ${fault}`);
    isRight &&= faults.length === 0;
  }
  await stop(isRight ? 0 : 1);
} catch (error) {
  if (!isStopping()) {
    say((error as Error).message);
    await stop(1);
  }
}

async function prepare(stores: StoreUrls): Promise<void> {
  await using connections = new AsyncDisposableStack();
  const { db } = await connectStores(stores, connections);
  await migrateToLatest(db);
}
