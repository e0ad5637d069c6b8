import { unitsOfCore } from '../settings.ts';
import type { Context } from './context.ts';
import type { Database } from './database.ts';
import type { Messaging } from './messaging.ts';
import type { Redis } from './redis.ts';
import { allow, type Statement } from './roles.ts';

/** The images that there are: a service each, and what runs the migrations and the `onsale` command. */
export const images = ['purchase', 'query', 'persistence', 'operations'] as const;
export type Image = (typeof images)[number];

/** What tasks are given: the stores and queues, the key that they are encrypted with, the images' tag. */
export type Backend = {
  database: Database;
  redis: Redis;
  messaging: Messaging;
  /** What buyers' orders and the operator are known by. */
  identitySecrets: { OPS_TOKEN: string; ORDER_TOKEN_SECRET: string };
  keyArn: string;
  imageTag: string;
};

/** What one kind of task needs. */
type Needs = {
  variables: Record<string, string>;
  /** Settings that are secrets: where ECS finds their values. */
  secrets: Record<string, string>;
  statements: Statement[];
};

/** `arn:key::` asks for one key of a secret that is JSON. */
const keyOf = (secretArn: string, key: string) => `${secretArn}:${key}::`;
/** The secret that such a value is taken from. */
export const secretOf = (valueFrom: string) => valueFrom.replace(/:[A-Za-z]+::$/, '');

/** What a task of an image is given, and may do: no more than it needs. */
export function needsOf(
  image: Image,
  { settings }: Context,
  { database, redis, messaging, identitySecrets, keyArn }: Backend,
): Needs {
  // A process uses one core.
  const processes = (service: 'purchase' | 'query') => ({
    WEB_CONCURRENCY: String(Math.max(1, Math.floor(settings.services[service].cpu / unitsOfCore))),
  });
  const { topic, queue, deadLetterQueue } = messaging;
  const common = { NODE_ENV: 'production', AWS_REGION: settings.region };
  const toBrowsers = { CORS_ORIGINS: settings.corsOrigins.join(',') };
  const toRedis = { REDIS_CLUSTER: String(redis.isCluster) };
  const redisSecret = { REDIS_PASSWORD: redis.secretArn };
  const databaseSecrets = {
    DATABASE_USERNAME: keyOf(database.secretArn, 'username'),
    DATABASE_PASSWORD: keyOf(database.secretArn, 'password'),
  };
  const queues = { SQS_QUEUE_URL: queue.url, SQS_DEAD_LETTER_QUEUE_URL: deadLetterQueue.url };
  const publishes = allow(['sns:Publish'], topic.arn);
  const usesKey = allow(['kms:Decrypt', 'kms:GenerateDataKey'], keyArn);
  const receives = ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:ChangeMessageVisibility', 'sqs:GetQueueAttributes'];
  const hasEveryPromise = {
    REDIS_REPLICAS_TO_WAIT_FOR: String(settings.redis.replicasToWaitFor),
    REDIS_REPLICAS: String(settings.redis.replicasPerShard),
    REDIS_IS_DURABLE: String(settings.redis.kind === 'memorydb'),
  };
  const all: Record<Image, Needs> = {
    purchase: {
      variables: {
        ...common,
        ...processes('purchase'),
        ...toBrowsers,
        ...toRedis,
        ...hasEveryPromise,
        REDIS_URL: redis.url,
        SNS_TOPIC_ARN: topic.arn,
      },
      secrets: { ...redisSecret, ...identitySecrets },
      statements: [publishes, usesKey],
    },
    query: {
      variables: {
        ...common,
        ...processes('query'),
        ...toBrowsers,
        ...toRedis,
        ...queues,
        REDIS_READER_URL: redis.readerUrl,
        DATABASE_READER_URL: database.readerUrl,
      },
      secrets: { ...redisSecret, ...databaseSecrets, ...identitySecrets },
      // It looks at how much waits.
      statements: [allow(['sqs:GetQueueAttributes'], [queue.arn, deadLetterQueue.arn])],
    },
    persistence: {
      variables: { ...common, ...queues, DATABASE_URL: database.writerUrl, SNS_TOPIC_ARN: topic.arn },
      secrets: databaseSecrets,
      statements: [
        allow(receives, queue.arn),
        allow(['sqs:SendMessage', 'sqs:GetQueueAttributes'], deadLetterQueue.arn),
        publishes,
        usesKey,
      ],
    },
    operations: {
      variables: {
        ...common,
        ...toRedis,
        ...queues,
        REDIS_URL: redis.url,
        DATABASE_URL: database.writerUrl,
        SNS_TOPIC_ARN: topic.arn,
      },
      secrets: { ...redisSecret, ...databaseSecrets },
      statements: [
        // `onsale redrive` takes from the one and sends to the other, `replay` publishes.
        allow([...receives, 'sqs:SendMessage'], [queue.arn, deadLetterQueue.arn]),
        publishes,
        usesKey,
      ],
    },
  };
  return all[image];
}
