import { type Static, Type } from 'typebox';
import type { ReplicaPolicy } from '../shared/inventory/replicas.ts';
import {
  commonSettings,
  identitySettings,
  limitSettings,
  processSettings,
  publicSettings,
  redisPrimaryUrl,
  redisSettings,
  ticketsTopicArn,
} from '../shared/process/config.ts';

export const purchaseConfig = Type.Object({
  ...commonSettings('purchase'),
  ...processSettings,
  ...publicSettings,
  REDIS_URL: redisPrimaryUrl,
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
  ...limitSettings({ perSecond: 20, atOnce: 60 }),
  LIVE_HOLDS_PER_CLIENT: Type.Integer({
    minimum: 0,
    maximum: 999_999,
    default: 10,
    description:
      'Holds of an event that one client (an account, or an address without credentials) may have at one time; 0 for no limit',
  }),
  HELD_TICKETS_PER_CLIENT: Type.Integer({
    minimum: 0,
    maximum: 999_999,
    default: 50,
    description: 'Tickets of an event that one client may hold at one time; 0 for no limit',
  }),
  GIVE_BACKS_PER_HOUR: Type.Integer({
    minimum: 0,
    maximum: 1_000_000,
    default: 120,
    description:
      'Holds and orders of an event that a client may give back in an hour, in each process, before it has to wait to take more; 0 for no limit',
  }),
  IDEMPOTENCY_KEYS_PER_HOUR: Type.Integer({
    minimum: 0,
    maximum: 1_000_000,
    default: 3_600,
    description:
      'Idempotency-Keys that a client may use in an hour, in each process: Redis keeps their responses; 0 for no limit',
  }),
  SNS_TOPIC_ARN: ticketsTopicArn,
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
