import { type Static, Type } from 'typebox';
import type { ReplicaPolicy } from '../shared/inventory/replicas.ts';
import {
  commonSettings,
  identitySettings,
  processSettings,
  publicSettings,
  redisSettings,
  redisUrl,
  topicArn,
} from '../shared/process/config.ts';

export const purchaseConfig = Type.Object({
  ...commonSettings('purchase'),
  ...processSettings,
  ...publicSettings,
  REDIS_URL: redisUrl('Redis with the inventory and the outbox; rediss:// for TLS'),
  ...redisSettings,
  REDIS_REPLICAS_TO_WAIT_FOR: Type.Integer({
    minimum: 0,
    maximum: 5,
    default: 0,
    description: 'Number of replicas that must have a sale before its buyer gets the response',
  }),
  REDIS_REPLICAS: Type.Integer({
    minimum: 0,
    maximum: 5,
    default: 0,
    description:
      'Number of replicas, connected or not. Only if each sale waits for all of them may a promoted one sell without a rebuild',
  }),
  REDIS_IS_DURABLE: Type.Boolean({
    default: false,
    description: 'Whether Redis, like MemoryDB, acknowledges only writes that survive a failover: then sales wait for no replica',
  }),
  ...identitySettings,
  SNS_TOPIC_ARN: topicArn,
  OUTBOX_RETENTION_HOURS: Type.Integer({
    minimum: 1,
    maximum: 720,
    default: 24,
    description: 'How long published domain events stay in the outbox, for replays',
  }),
});

export const replicaPolicyOf = (config: Static<typeof purchaseConfig>): ReplicaPolicy => ({
  waitsFor: config.REDIS_REPLICAS_TO_WAIT_FOR,
  replicas: config.REDIS_REPLICAS,
  isDurable: config.REDIS_IS_DURABLE,
});
