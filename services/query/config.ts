import { Type } from 'typebox';
import { commonSettings, databaseSettings, processSettings, queueSettings, redisSettings } from '../shared/config.ts';

export const queryConfig = Type.Object({
  ...commonSettings('query'),
  ...processSettings,
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
  OPS_TOKEN: Type.String({
    pattern: '^(.{24,256})?$',
    default: '',
    description: "Token that opens the operator's page at /query/ops, at least 24 characters; without it there is no such page",
  }),
});
