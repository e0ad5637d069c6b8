import { randomBytes } from 'node:crypto';
import { CreateTopicCommand, SNSClient, SubscribeCommand } from '@aws-sdk/client-sns';
import {
  CreateQueueCommand,
  GetQueueAttributesCommand,
  type Message,
  ReceiveMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { Cluster, type Redis } from 'ioredis';
import { afterAll, inject } from 'vitest';
import type { Inventory } from '../../services/shared/inventory/inventory.ts';
import { openEvent } from '../../services/shared/inventory/open-event.ts';
import { frontCentre, type ZoneInventory } from '../../services/shared/inventory/zone-layout.ts';
import { type RedisClient, untilConnected } from '../../services/shared/stores/redis.ts';
import { connectCluster } from '../../services/shared/stores/redis-cluster.ts';
import { connectStores } from '../local/connect.ts';
import { queueUrl } from '../local/emulator.ts';

/** Closed with the process, because all test files of a worker share these connections (per-file.ts). */
const resources = new AsyncDisposableStack();

const { redisUrls, ...shared } = inject('stores');

/** This run's stores. Each worker has a Redis database or cluster of its own, so that no relay publishes another file's sales. */
const redisUrl = redisUrls[Number(process.env.VITEST_POOL_ID) - 1] as string;
export const urls = { ...shared, redisUrl, redisReaderUrl: redisUrl };

const connected = await connectStores(urls, resources, 10);

/** Connections to the stores. */
export const { db } = connected;
export const redis: RedisClient = connected.redis instanceof Cluster ? asOne(connected.redis) : connected.redis;
/** Another connection to Redis, with this timeout (ms) for a reply; closed after the file's tests. */
export async function connectPatiently(commandTimeout: number): Promise<RedisClient> {
  const connection = { autoResendUnfulfilledCommands: false, maxRetriesPerRequest: 0, connectTimeout: 1_000, commandTimeout };
  const patient =
    redis instanceof Cluster
      ? connectCluster(redisUrl, { connection, enableAutoPipelining: true, reconnectPauseMs: () => 100 })
      : redis.duplicate({ commandTimeout });
  afterAll(() => patient.disconnect());
  await untilConnected(patient);
  return patient;
}

/** Makes a cluster run on every master the commands that concern a whole Redis. */
function asOne(cluster: Cluster): Cluster {
  const everywhere = <T>(ask: (node: Redis) => Promise<T>) => Promise.all(cluster.nodes('master').map(ask));
  return Object.assign(cluster, {
    flushdb: async () => (await everywhere((node) => node.flushdb()))[0],
    keys: async (pattern: string) => (await everywhere((node) => node.keys(pattern))).flat(),
    info: async (section: string) => (await everywhere((node) => node.info(section))).join('\n'),
    script: (subcommand: 'FLUSH') => everywhere((node) => node.script(subcommand)),
  });
}

const aws = { endpoint: urls.endpoint, region: 'us-east-1', credentials: { accessKeyId: 'test', secretAccessKey: 'test' } };
export const sns = new SNSClient(aws);
resources.defer(() => sns.destroy());
export const sqs = new SQSClient(aws);
resources.defer(() => sqs.destroy());

/** A name that no other test has. */
export const unique = (prefix: string) => `${prefix}-${randomBytes(6).toString('hex')}`;

const pastMs = Date.UTC(2026, 0, 1);

/** An event of the test's own, not opened yet; by default with one zone of 10 × 10 seats at 100.00 USD, already on sale. */
export const newInventory = (changes: Partial<Inventory> = {}): Inventory => ({
  eventId: unique('event'),
  venueId: unique('venue'),
  currency: 'USD',
  onSaleAtMs: pastMs,
  holdMs: 600_000,
  zones: [seatedZone(1, 10, 10)],
  ...changes,
});

/** Opens a new inventory. */
export async function openTestEvent(changes: Partial<Omit<Inventory, 'eventId' | 'venueId'>> = {}): Promise<Inventory> {
  const inventory = newInventory(changes);
  const outcome = await openEvent(db, redis, planOf(inventory));
  if (outcome.kind !== 'opened') throw new Error(`${inventory.eventId} was not opened but ${outcome.kind}`);
  return inventory;
}

export const seatedZone = (zoneId: number, rows: number, columns: number, priceMinor = 10_000): ZoneInventory => ({
  zoneId,
  grid: { rows, columns, focus: frontCentre(columns) },
  capacity: rows * columns,
  priceMinor,
});

export const planOf = (inventory: Inventory) => ({
  venueName: 'A venue',
  eventName: 'An event',
  zoneNames: new Map<number, string>(),
  inventory,
});

/** A topic with a subscribed queue and a dead-letter queue of the test's own. */
export async function createMessaging() {
  const { TopicArn: topicArn = '' } = await sns.send(new CreateTopicCommand({ Name: unique('topic') }));
  const queue = await createQueue(unique('queue'));
  const deadLetters = await createQueue(unique('dead-letters'));
  const Attributes = { RawMessageDelivery: 'true' };
  await sns.send(new SubscribeCommand({ TopicArn: topicArn, Protocol: 'sqs', Endpoint: queue.arn, Attributes }));
  return { topicArn, queueUrl: queue.url, deadLetterQueueUrl: deadLetters.url };
}

/** A topic and queues of the test's own for checkout. `eventsQueueUrl`: the queue that the topic's domain events come to. */
export async function createCheckoutMessaging() {
  const { topicArn, queueUrl: eventsQueueUrl } = await createMessaging();
  const work = await createQueue(unique('work'));
  const deadLetters = await createQueue(unique('work-dead-letters'));
  return { topicArn, eventsQueueUrl, queueUrl: work.url, deadLetterQueueUrl: deadLetters.url };
}

async function createQueue(name: string) {
  await sqs.send(new CreateQueueCommand({ QueueName: name }));
  return { url: queueUrl(urls.endpoint, name), arn: `arn:aws:sqs:us-east-1:000000000000:${name}` };
}

/** Receives up to ten messages from a queue; they stay hidden for a while. */
export async function receive(url: string): Promise<Message[]> {
  const command = new ReceiveMessageCommand({
    QueueUrl: url,
    MaxNumberOfMessages: 10,
    WaitTimeSeconds: 1,
    MessageAttributeNames: ['All'],
  });
  return (await sqs.send(command)).Messages ?? [];
}

/** The numbers of messages that are waiting and that are being processed. */
export async function depth(QueueUrl: string): Promise<[number, number]> {
  const names = ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'] as const;
  const { Attributes = {} } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: [...names] }));
  return [Number(Attributes[names[0]]), Number(Attributes[names[1]])];
}
