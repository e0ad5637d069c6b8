import { Type } from 'typebox';
import {
  commonSettings,
  databaseConnections,
  databaseSettings,
  databaseUrl,
  identitySettings,
  limitSettings,
  processSettings,
  publicSettings,
  queueSettings,
  redisPrimaryUrl,
  redisSettings,
  redisUrl,
} from '../shared/process/config.ts';

export const queryConfig = Type.Object({
  ...commonSettings('query'),
  ...processSettings,
  ...publicSettings,
  REDIS_URL: redisPrimaryUrl,
  REDIS_READER_URL: redisUrl('Redis replica or primary with the inventory; rediss:// for TLS'),
  ...redisSettings,
  DATABASE_READER_URL: databaseUrl('MySQL reader; it may lag behind the writer'),
  ...databaseSettings,
  ...databaseConnections,
  ...queueSettings,
  ...identitySettings,
  ...limitSettings({ perSecond: 50, atOnce: 200 }),
});
