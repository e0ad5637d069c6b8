import { Type } from 'typebox';
import {
  commonSettings,
  databaseConnections,
  databaseSettings,
  databaseUrl,
  limitSettings,
  processSettings,
  publicSettings,
  queueSettings,
  redisPrimaryUrl,
  redisSettings,
  serviceUrl,
  topicArn,
  verifierSettings,
} from '../shared/process/config.ts';

export const catalogueConfig = Type.Object({
  ...commonSettings('catalogue'),
  ...processSettings,
  ...publicSettings,
  REDIS_URL: redisPrimaryUrl,
  ...redisSettings,
  DATABASE_URL: databaseUrl('MySQL writer: mysql://user:password@host:port/database'),
  ...databaseSettings,
  ...databaseConnections,
  SNS_TOPIC_ARN: topicArn,
  ...queueSettings,
  ...verifierSettings,
  ...limitSettings({ perSecond: 20, atOnce: 60 }),
  PURCHASE_URL: serviceUrl('Address of the purchase service, which cancels the orders of cancelled events', {}),
});
