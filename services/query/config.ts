import { Type } from 'typebox';
import {
  commonSettings,
  databaseSettings,
  databaseUrl,
  identitySettings,
  processSettings,
  publicSettings,
  queueSettings,
  redisSettings,
  redisUrl,
} from '../shared/process/config.ts';

export const queryConfig = Type.Object({
  ...commonSettings('query'),
  ...processSettings,
  ...publicSettings,
  REDIS_READER_URL: redisUrl('Redis replica or primary with the inventory; rediss:// for TLS'),
  ...redisSettings,
  DATABASE_READER_URL: databaseUrl('MySQL reader; it may lag behind the writer'),
  ...databaseSettings,
  DATABASE_CONNECTIONS: Type.Integer({
    minimum: 1,
    maximum: 100,
    default: 10,
    description: 'Maximum connections that one process opens to the reader',
  }),
  ...queueSettings,
  ...identitySettings,
});
