import { GetQueueAttributesCommand } from '@aws-sdk/client-sqs';
import { sql } from 'kysely';
import type { Database } from '../../services/shared/database.ts';
import { type RedisClient, untilConnected } from '../../services/shared/redis.ts';
import { openDatabase, startRedisClient } from '../local/connect.ts';
import { connectMessaging, type Messaging } from '../local/messaging.ts';
import { type Part, whoseSystem } from '../local/named-system.ts';
import { defaultPorts } from '../local/ports.ts';
import { storeUrls } from '../local/stores.ts';

/** The stores and queues that an operator's command works on. */
export type System = { db: Database; redis: RedisClient; messaging: Messaging };

/** One to stream tickets, and one for queries meanwhile. */
const connections = 2;
/** How long to wait for each store's first answer; a healthy one needs less. */
const answerMs = 5_000;

type Store = { name: string; address: string; check: () => Promise<unknown> };

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
  await assertThere(stores, isLocal);
  try {
    return await work(system as Pick<System, Needed>);
  } catch (error) {
    // A store that failed during the work fails again now.
    await assertThere(stores, isLocal, error);
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
    stores.push({ name: 'Redis', address: withoutPassword(urls.redisUrl), check: () => untilConnected(redis) });
  }
  if (needed.includes('db')) {
    const db = openDatabase(urls, resources, connections);
    system.db = db;
    stores.push({ name: 'MySQL', address: withoutPassword(urls.databaseUrl), check: () => sql`select 1`.execute(db) });
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

/** Rejects if stores cannot be reached, with the name, the address and the reason of each. */
async function assertThere(stores: Store[], isLocal: boolean, cause?: unknown): Promise<void> {
  const results = await Promise.allSettled(stores.map(({ check }) => withinTime(check())));
  const away = results.flatMap((result, at) => {
    const { name, address } = stores[at] as Store;
    return result.status === 'rejected' ? [`  ${name} at ${address}: ${reasonOf(result.reason)}`] : [];
  });
  if (away.length === 0) return;
  const hint = isLocal ? ['Is "npm start" running in another terminal?'] : [];
  throw new Error(['Cannot be reached:', ...away, ...hint].join('\n'), { cause });
}

async function withinTime<T>(promise: Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error(`no answer within ${answerMs / 1_000} s`)), answerMs);
  return await Promise.race([promise, late.promise]).finally(() => clearTimeout(timer));
}

/** Node's error for a host name with several addresses has no message of its own. */
function reasonOf(error: unknown): string {
  if (error instanceof AggregateError && !error.message) return [...new Set(error.errors.map(reasonOf))].join(', ');
  const { message, code } = error as { message?: string; code?: string };
  return message || code || String(error);
}

const isOfOldSchema = (error: unknown): error is Error =>
  error instanceof Error && ['ER_NO_SUCH_TABLE', 'ER_BAD_FIELD_ERROR'].includes((error as Error & { code?: string }).code ?? '');

function withoutPassword(url: string): string {
  const shown = new URL(url);
  shown.password = '';
  return shown.href;
}
