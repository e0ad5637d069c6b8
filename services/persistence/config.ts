import { Type } from 'typebox';
import { settings } from '../shared/config.ts';

export const persistenceConfig = Type.Object({
  PORT: settings.port(8082),
  HOST: settings.host,
  LOG_LEVEL: settings.logLevel,
  DATABASE_URL: settings.databaseUrl,
  SQS_QUEUE_URL: Type.String({ pattern: '^https?://', description: 'Queue that the worker reads' }),
  SQS_DEAD_LETTER_QUEUE_URL: Type.String({
    pattern: '^https?://',
    description: 'Queue for what the worker cannot apply, with the reason',
  }),
});
