import { Type } from 'typebox';
import { commonSettings, processSettings, redisSettings } from '../shared/config.ts';

export const purchaseConfig = Type.Object({
  ...commonSettings('purchase'),
  ...processSettings,
  REDIS_URL: Type.String({ pattern: '^rediss?://', description: 'Redis with the inventory and the outbox; rediss:// for TLS' }),
  ...redisSettings,
  REDIS_REPLICAS_TO_WAIT_FOR: Type.Integer({
    minimum: 0,
    maximum: 5,
    default: 0,
    description: 'Replicas that must have a sale before its buyer hears of it; with all of them, a failover loses no promise',
  }),
  REDIS_IS_DURABLE: Type.Boolean({
    default: false,
    description: 'Whether Redis answers only what no failover loses, as MemoryDB does: then no replica has to be waited for',
  }),
  SNS_TOPIC_ARN: Type.String({ pattern: '^arn:', description: 'Topic that domain events are published to' }),
  OUTBOX_RETENTION_HOURS: Type.Integer({
    minimum: 1,
    maximum: 720,
    default: 24,
    description: 'How long published domain events stay in the outbox, for replays',
  }),
});
