import { Type } from 'typebox';
import {
  commonSettings,
  databaseConnections,
  databaseSettings,
  databaseUrl,
  limitSettings,
  processSettings,
  publicSettings,
  purchaseUrl,
  queueSettings,
  redisPrimaryUrl,
  redisSettings,
  serviceUrl,
  ticketsTopicArn,
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
  SNS_TOPIC_ARN: ticketsTopicArn,
  ...queueSettings,
  ...verifierSettings,
  ...limitSettings({ perSecond: 20, atOnce: 60 }),
  PURCHASE_URL: purchaseUrl,
  CHECKOUT_URL: serviceUrl(
    'Address of the checkout service, which refunds the orders of cancelled events; if empty, none was paid through it',
    {
      default: '',
    },
  ),
});
