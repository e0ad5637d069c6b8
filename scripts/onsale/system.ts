import type { Database } from '../../services/shared/database.ts';
import type { RedisClient } from '../../services/shared/redis.ts';
import { connectStores } from '../local/connect.ts';
import { connectMessaging, type Messaging } from '../local/messaging.ts';
import { defaultPorts } from '../local/ports.ts';
import { storeUrls } from '../local/stores.ts';

/** What an operator's command works on. */
export type System = { db: Database; redis: RedisClient; messaging: Messaging };

/** One that streams tickets, and one that asks meanwhile. */
const connections = 2;

/** Does one piece of work on the system that the environment names, or else on that of "npm start". */
export async function withSystem<T>(work: (system: System) => Promise<T>): Promise<T> {
  await using resources = new AsyncDisposableStack();
  const stores = await connectStores(storeUrls(defaultPorts), resources, connections);
  return await work({ ...stores, messaging: connectMessaging(defaultPorts, resources) });
}
