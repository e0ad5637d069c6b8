import { Type } from 'typebox';
import { commonSettings, databaseSettings } from '../shared/config.ts';

export const persistenceConfig = Type.Object({
  ...commonSettings('persistence'),
  DATABASE_URL: Type.String({ pattern: '^mysql://', description: 'MySQL writer: mysql://user:password@host:port/database' }),
  ...databaseSettings,
  SNS_TOPIC_ARN: Type.String({ pattern: '^arn:', description: 'Topic that domain events are published to' }),
  SQS_QUEUE_URL: Type.String({ pattern: '^https?://', description: 'Queue that the worker reads' }),
  SQS_DEAD_LETTER_QUEUE_URL: Type.String({
    pattern: '^https?://',
    description: 'Queue for what the worker cannot apply, with the reason',
  }),
});
