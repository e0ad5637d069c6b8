import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { migrateToLatest } from '../../migrations/migrate.ts';
import { readInventory } from '../../services/shared/inventory/inventory.ts';
import { openEvent } from '../../services/shared/inventory/open-event.ts';
import { parseEventFile } from '../../services/shared/inventory/plan/event-file.ts';
import { connectStores } from './connect.ts';
import { realPayments } from './counterpart-settings.ts';
import { localAdmin, makeLocalAdmin } from './local-admin.ts';
import { localFolder } from './local-folder.ts';
import { defaultPorts } from './ports.ts';
import { type StoreUrls, storeUrls } from './store-urls.ts';
import { type LocalSystem, startSystem } from './system.ts';

const root = join(import.meta.dirname, '../..');
const demoEvents = ['event1.json', 'small-hall.json', 'opera.json', 'song-recital.json'];

/**
 * Starts the system of `npm start`: at its default ports, its data in .local/, the demo events open. Closed by `resources`. Without
 * `others`, only what sales need. With keys of Stripe or PayPal in the environment, payments are real ones.
 */
export async function startDefaultSystem(options: {
  resources: AsyncDisposableStack;
  say: (line: string) => void;
  others?: boolean;
}): Promise<LocalSystem> {
  const { resources, say, others = true } = options;
  const [folder, ports, urls] = [localFolder, defaultPorts, storeUrls(defaultPorts)];
  const prepare = (stores: StoreUrls) => prepareStores(stores, say, localAdmin(folder));
  const settings = realPayments(process.env);
  return await startSystem({ folder, ports, urls, resources, say, prepare, others, settings });
}

/** What the services need in the stores before they start: the schema, the demo events, and an admin if one is given. */
export async function prepareStores(
  stores: StoreUrls,
  say: (line: string) => void,
  admin?: ReturnType<typeof localAdmin>,
): Promise<void> {
  await using connections = new AsyncDisposableStack();
  const { db, redis } = await connectStores(stores, connections);
  await migrateToLatest(db);
  if (admin) await makeLocalAdmin(db, admin);
  for (const file of demoEvents) {
    const plan = parseEventFile(readFileSync(join(root, 'scripts/demo', file), 'utf8'));
    // An event that is already open may have been changed since, and keeps its changes.
    if (await readInventory(redis, plan.inventory.eventId)) continue;
    const outcome = await openEvent(db, redis, plan);
    if (outcome.kind === 'refused') say(`  ${plan.inventory.eventId} was not opened: ${outcome.reasons.join('; ')}`);
  }
}
