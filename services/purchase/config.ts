import { Type } from 'typebox';
import { commonSettings, processSettings, redisSettings } from '../shared/config.ts';

export const purchaseConfig = Type.Object({
  ...commonSettings('purchase'),
  ...processSettings,
  REDIS_URL: Type.String({ pattern: '^rediss?://', description: 'Redis with the inventory and the outbox; rediss:// for TLS' }),
  ...redisSettings,
  SNS_TOPIC_ARN: Type.String({ pattern: '^arn:', description: 'Topic that the relay publishes domain events to' }),
  OUTBOX_RETENTION_HOURS: Type.Integer({
    minimum: 1,
    maximum: 720,
    default: 24,
    description: 'How long published domain events stay in the outbox, for replays',
  }),
});
