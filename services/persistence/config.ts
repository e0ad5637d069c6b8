import { Type } from 'typebox';
import { commonSettings, databaseSettings, queueSettings } from '../shared/config.ts';

export const persistenceConfig = Type.Object({
  ...commonSettings('persistence'),
  DATABASE_URL: Type.String({ pattern: '^mysql://', description: 'MySQL writer: mysql://user:password@host:port/database' }),
  ...databaseSettings,
  SNS_TOPIC_ARN: Type.String({ pattern: '^arn:', description: 'Topic that domain events are published to' }),
  ...queueSettings,
});
