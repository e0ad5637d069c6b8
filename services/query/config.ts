import { Type } from 'typebox';
import {
  commonSettings,
  databaseSettings,
  identitySettings,
  processSettings,
  publicSettings,
  queueSettings,
  redisSettings,
} from '../shared/config.ts';

export const queryConfig = Type.Object({
  ...commonSettings('query'),
  ...processSettings,
  ...publicSettings,
  REDIS_READER_URL: Type.String({
    pattern: '^rediss?://',
    description: 'Redis replica or primary with the inventory; rediss:// for TLS',
  }),
  ...redisSettings,
  DATABASE_READER_URL: Type.String({ pattern: '^mysql://', description: 'MySQL reader; it may lag behind the writer' }),
  ...databaseSettings,
  DATABASE_CONNECTIONS: Type.Integer({
    minimum: 1,
    maximum: 100,
    default: 10,
    description: 'Most connections that one process opens to the reader',
  }),
  ...queueSettings,
  ...identitySettings,
});
