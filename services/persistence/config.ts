import { Type } from 'typebox';
import { commonSettings, databaseSettings, databaseUrl, queueSettings, ticketsTopicArn } from '../shared/process/config.ts';

export const persistenceConfig = Type.Object({
  ...commonSettings('persistence'),
  DATABASE_URL: databaseUrl('MySQL writer: mysql://user:password@host:port/database'),
  ...databaseSettings,
  SNS_TOPIC_ARN: ticketsTopicArn,
  ...queueSettings,
});
