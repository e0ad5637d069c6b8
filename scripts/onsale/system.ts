import { GetQueueAttributesCommand } from '@aws-sdk/client-sqs';
import type { Database } from '../../services/shared/stores/database.ts';
import type { RedisClient } from '../../services/shared/stores/redis.ts';
import { mysqlStore, openDatabase, redisStore, startRedisClient } from '../local/connect.ts';
import { connectMessaging, type Messaging } from '../local/messaging.ts';
import { type Part, whoseSystem } from '../local/named-system.ts';
import { defaultPorts } from '../local/ports.ts';
import { assertReachable, type Store } from '../local/reachable.ts';
import { storeUrls } from '../local/store-urls.ts';

/** The stores and queues that an operator's command works on. */
export type System = { db: Database; redis: RedisClient; messaging: Messaging };

/** One to stream tickets, and one for queries meanwhile. */
const connections = 2;
/**
 * Does one piece of work on the parts of a system that it needs: those that the environment names, or else those of "npm start". Prints
 * which, unless it is the latter. Rejects with the name of each part that cannot be reached, be it before the work or during it.
 */
export async function withSystem<Needed extends Part, Result>(
  needed: readonly Needed[],
  work: (system: Pick<System, Needed>) => Promise<Result>,
  environment = process.env,
  ports = defaultPorts,
): Promise<Result> {
  const isLocal = whoseSystem(needed, ports, environment) === 'local';
  await using resources = new AsyncDisposableStack();
  const { system, stores } = connect(needed, environment, ports, resources);
  if (!isLocal) console.error(`Working on ${stores.map(({ name, address }) => `${name} ${address}`).join(', ')}`);
  const hint = isLocal ? 'Is "npm start" running in another terminal?' : '';
  await assertReachable(stores, hint);
  try {
    return await work(system as Pick<System, Needed>);
  } catch (error) {
    // A store that failed during the work fails again now.
    await assertReachable(stores, hint, error);
    throw isOfOldSchema(error)
      ? new Error(`MySQL's schema does not match this version (${error.message}). To bring it up to date: npm run migrate`, {
          cause: error,
        })
      : error;
  }
}

function connect(
  needed: readonly Part[],
  environment: NodeJS.ProcessEnv,
  ports: typeof defaultPorts,
  resources: AsyncDisposableStack,
) {
  const urls = storeUrls(ports, environment);
  const system: Partial<System> = {};
  const stores: Store[] = [];
  if (needed.includes('redis')) {
    const redis = startRedisClient(urls, resources);
    // Its commands reject too, and those errors are handled.
    redis.on('error', () => {});
    system.redis = redis;
    stores.push(redisStore(urls, redis));
  }
  if (needed.includes('db')) {
    const db = openDatabase(urls, resources, connections);
    system.db = db;
    stores.push(mysqlStore(urls, db));
  }
  if (needed.includes('messaging')) {
    const messaging = connectMessaging(ports, resources, environment);
    system.messaging = messaging;
    // A task may only publish to the topic, so nothing harmless can check it; SQS in the same account stands for both.
    stores.push({ name: 'SNS', address: messaging.topicArn, check: async () => {} });
    for (const QueueUrl of [messaging.queueUrl, messaging.deadLetterQueueUrl]) {
      const command = new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['QueueArn'] });
      stores.push({ name: 'SQS', address: QueueUrl, check: () => messaging.sqs.send(command) });
    }
  }
  return { system, stores };
}

const isOfOldSchema = (error: unknown): error is Error =>
  error instanceof Error && ['ER_NO_SUCH_TABLE', 'ER_BAD_FIELD_ERROR'].includes((error as Error & { code?: string }).code ?? '');
