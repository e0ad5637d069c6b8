import { pathTable, type ServiceName, serviceNames } from '../../services/shared/http/path-table.ts';
import { unitsOfCore } from '../settings.ts';
import type { Context } from './context.ts';
import type { Database } from './database.ts';
import type { Messaging } from './messaging.ts';
import type { Redis } from './redis.ts';
import { allow, type Statement } from './roles.ts';

/** All images: one for each service, and one that runs the migrations and the `onsale` command. */
export const images = [...serviceNames, 'operations'] as const;
export type Image = (typeof images)[number];

/** The stores and queues that tasks connect to, the encryption key, and the images' tag. */
export type Backend = {
  database: Database;
  redis: Redis;
  messaging: Messaging;
  /** The ARNs of the secrets by which services recognise people, orders and each other, by the settings that they are for. */
  identitySecrets: Record<'OPS_TOKEN' | 'ORDER_TOKEN_SECRET' | 'SERVICE_SECRET' | 'ACCOUNTS_KEY_SECRET', string>;
  /** The origin at which people reach the system. */
  publicOrigin: string;
  /** The domain below which each service has a name of its own, in this network only. */
  privateDomain: string;
  keyArn: string;
  imageTag: string;
};

/** The settings and permissions that a task needs. */
type Needs = {
  variables: Record<string, string>;
  /** Secret settings: the references from which ECS reads their values. */
  secrets: Record<string, string>;
  statements: Statement[];
};

/** `arn:key::` refers to one key of a secret in JSON. */
const keyOf = (secretArn: string, key: string) => `${secretArn}:${key}::`;
/** The ARN of the secret in such a reference. */
export const secretOf = (valueFrom: string) => valueFrom.replace(/:[A-Za-z_]+::$/, '');

/** The keys and secrets of a payment provider, in one secret in JSON. */
const keysOf = (secretArn: string | undefined, keys: readonly string[]) =>
  Object.fromEntries(secretArn === undefined ? [] : keys.map((key) => [key, keyOf(secretArn, key)]));
const stripeKeys = ['STRIPE_SECRET_KEY', 'STRIPE_WEBHOOK_SECRET', 'STRIPE_PUBLISHABLE_KEY'] as const;
const paypalKeys = ['PAYPAL_CLIENT_ID', 'PAYPAL_CLIENT_SECRET', 'PAYPAL_WEBHOOK_ID'] as const;

/** An address that cannot exist (RFC 2606), for an environment that sends no mail. */
const nobody = 'nobody@onsale.invalid';

/** Allows mail from this one address only. */
const sendsMail = ({ from, identityArn }: { from: string; identityArn: string }): Statement => ({
  ...allow(['ses:SendEmail'], identityArn),
  Condition: { StringEquals: { 'ses:FromAddress': from } },
});

/** The settings and permissions of an image's task: no more than it needs. */
export function needsOf(
  image: Image,
  { settings }: Context,
  { database, redis, messaging, identitySecrets, publicOrigin, privateDomain, keyArn }: Backend,
): Needs {
  // A process uses one core.
  const processes = (service: Exclude<ServiceName, 'persistence'>) => ({
    WEB_CONCURRENCY: String(Math.max(1, Math.floor(settings.services[service].cpu / unitsOfCore))),
  });
  const { topic, queue, deadLetterQueue, checkoutTopic, work } = messaging;
  const common = { NODE_ENV: 'production', AWS_REGION: settings.region };
  const toBrowsers = { CORS_ORIGINS: settings.corsOrigins.join(',') };
  const urlOf = (service: ServiceName) => `http://${service}.${privateDomain}:${pathTable[service].port}`;
  const { OPS_TOKEN, ORDER_TOKEN_SECRET, SERVICE_SECRET, ACCOUNTS_KEY_SECRET } = identitySecrets;
  const recognises = { PUBLIC_ORIGIN: publicOrigin, ACCOUNTS_URL: urlOf('accounts') };
  const principalSecrets = { OPS_TOKEN, SERVICE_SECRET };
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
        ...recognises,
        REDIS_URL: redis.url,
        SNS_TOPIC_ARN: topic.arn,
      },
      secrets: { ...redisSecret, ...principalSecrets, ORDER_TOKEN_SECRET },
      statements: [publishes, usesKey],
    },
    query: {
      variables: {
        ...common,
        ...processes('query'),
        ...toBrowsers,
        ...toRedis,
        ...queues,
        ...recognises,
        REDIS_URL: redis.url,
        REDIS_READER_URL: redis.readerUrl,
        DATABASE_READER_URL: database.readerUrl,
      },
      secrets: { ...redisSecret, ...databaseSecrets, ...principalSecrets, ORDER_TOKEN_SECRET },
      // It reads only the queues' depths.
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
    accounts: {
      variables: {
        ...common,
        ...processes('accounts'),
        ...toBrowsers,
        DATABASE_URL: database.writerUrl,
        PUBLIC_ORIGIN: publicOrigin,
        MAIL_FROM: settings.mail?.from ?? nobody,
      },
      secrets: {
        ...databaseSecrets,
        ...principalSecrets,
        ACCOUNTS_KEY_SECRET,
        ...(settings.oidcProvidersArn !== undefined && { OIDC_PROVIDERS: settings.oidcProvidersArn }),
      },
      statements: settings.mail ? [sendsMail(settings.mail)] : [],
    },
    catalogue: {
      variables: {
        ...common,
        ...processes('catalogue'),
        ...toBrowsers,
        ...toRedis,
        ...queues,
        ...recognises,
        REDIS_URL: redis.url,
        DATABASE_URL: database.writerUrl,
        SNS_TOPIC_ARN: topic.arn,
        PURCHASE_URL: urlOf('purchase'),
        CHECKOUT_URL: urlOf('checkout'),
      },
      secrets: { ...redisSecret, ...databaseSecrets, ...principalSecrets },
      statements: [
        publishes,
        // It reads only the queues' depths.
        allow(['sqs:GetQueueAttributes'], [queue.arn, deadLetterQueue.arn]),
        usesKey,
      ],
    },
    checkout: {
      variables: {
        ...common,
        ...processes('checkout'),
        ...toBrowsers,
        ...recognises,
        DATABASE_URL: database.writerUrl,
        PURCHASE_URL: urlOf('purchase'),
        CHECKOUT_TOPIC_ARN: checkoutTopic.arn,
        CHECKOUT_QUEUE_URL: work.queue.url,
        CHECKOUT_DEAD_LETTER_QUEUE_URL: work.deadLetterQueue.url,
      },
      secrets: {
        ...databaseSecrets,
        ...principalSecrets,
        ORDER_TOKEN_SECRET,
        ...keysOf(settings.stripeArn, stripeKeys),
        ...keysOf(settings.paypalArn, paypalKeys),
      },
      statements: [
        allow(['sns:Publish'], checkoutTopic.arn),
        allow([...receives, 'sqs:SendMessage'], work.queue.arn),
        allow(['sqs:SendMessage', 'sqs:GetQueueAttributes'], work.deadLetterQueue.arn),
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
        // `onsale redrive` moves messages between the queues; `replay` publishes.
        allow([...receives, 'sqs:SendMessage'], [queue.arn, deadLetterQueue.arn]),
        publishes,
        usesKey,
      ],
    },
  };
  return all[image];
}
