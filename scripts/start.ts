import './local/env-file.ts';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { migrateToLatest } from '../migrations/migrate.ts';
import { connectStores } from './local/connect.ts';
import { defaultPorts } from './local/ports.ts';
import { type StoreUrls, storeUrls } from './local/stores.ts';
import { startSystem } from './local/system.ts';
import { parseEventFile } from './onsale/event-file.ts';
import { openEvent } from './onsale/open-event.ts';

const root = join(import.meta.dirname, '..');
const folder = join(root, '.local');
const demoEvents = ['event1.json', 'small-hall.json'];
const sameSignalMs = 500;

const resources = new AsyncDisposableStack();
let stoppingSince: number | undefined;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void stop(0));

try {
  say('Starting …');
  const processes = await startSystem({ folder, ports: defaultPorts, urls: storeUrls(defaultPorts), resources, say, prepare });
  say(readyText());
  const gone = await Promise.race(processes.map(({ name, exited }) => exited.then(() => name)));
  if (stoppingSince === undefined) throw new Error(`${gone} ended by itself; its log is in .local/`);
} catch (error) {
  if (stoppingSince === undefined) {
    console.error((error as Error).message);
    await stop(1);
  }
}

/** Stops everything in order. A second call forces the exit, unless it comes with the first: npm may pass a Ctrl-C on. */
async function stop(exitCode: number): Promise<void> {
  if (stoppingSince !== undefined) {
    if (performance.now() - stoppingSince > sameSignalMs) process.exit(1);
    return;
  }
  stoppingSince = performance.now();
  say('Stopping …');
  await resources.disposeAsync();
  say('Stopped; the data is kept in .local/');
  process.exit(exitCode);
}

function say(line: string): void {
  console.log(line);
}

/** What the services need in the stores before they start: the schema and the demo events. */
async function prepare(stores: StoreUrls): Promise<void> {
  await using connections = new AsyncDisposableStack();
  const { db, redis } = await connectStores(stores, connections);
  await migrateToLatest(db);
  for (const file of demoEvents) {
    const plan = parseEventFile(readFileSync(join(root, 'scripts/demo', file), 'utf8'));
    const outcome = await openEvent(db, redis, plan);
    if (outcome.kind === 'refused') say(`  ${plan.inventory.eventId} stays closed: ${outcome.reasons.join('; ')}`);
  }
}

function readyText(): string {
  const at = `http://localhost:${defaultPorts['load-balancer']}`;
  return `
Onsale is ready at ${at}. Try, in another terminal:

  curl -i ${at}/purchase/api/v1/tickets -H 'content-type: application/json' \\
    -d '{"venueId":"Venue1","eventId":"Event1","zoneId":1,"row":"A","column":"1"}'
  curl ${at}/purchase/api/v1/orders -H 'content-type: application/json' \\
    -d '{"eventId":"Event1","zoneId":2,"quantity":4}'
  curl ${at}/query/api/v1/tickets/count/Event1
  curl ${at}/query/api/v1/tickets/revenue/Venue1/Event1
  curl '${at}/query/api/v1/events/Event1/zones/2/seats?form=rows'
  npm run onsale -- show Event2

The APIs: ${at}/purchase/docs and ${at}/query/docs. Logs: .local/log. Stop with Ctrl-C.`;
}
