import { Type } from 'typebox';
import { settings } from '../shared/config.ts';

export const purchaseConfig = Type.Object({
  PORT: settings.port(8080),
  HOST: settings.host,
  LOG_LEVEL: settings.logLevel,
  REDIS_URL: settings.redisUrl,
  SNS_TOPIC_ARN: Type.String({ pattern: '^arn:', description: 'Topic that the relay publishes domain events to' }),
  OUTBOX_RETENTION_HOURS: Type.Integer({
    minimum: 1,
    maximum: 720,
    default: 24,
    description: 'How long published domain events stay in the outbox, for replays',
  }),
});
