import type { SQSClient } from '@aws-sdk/client-sqs';
import type { Database } from '../shared/stores/database.ts';
import type { RedisClient } from '../shared/stores/redis.ts';

export type Stores = { db: Database; redis: RedisClient };

/** The queue between the outbox and MySQL, and the one for its dead letters. */
export type Queues = { sqs: SQSClient; queueUrl: string; deadLetterQueueUrl: string };

/** Everything that a verification looks at. */
export type System = Stores & { messaging: Queues };
