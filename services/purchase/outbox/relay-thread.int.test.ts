import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { emulatorEnvironment } from '../../../scripts/local/emulator.ts';
import { orderTokenSecret } from '../../../scripts/testing/apps.ts';
import { purchaseOf, seats } from '../../../scripts/testing/seats.ts';
import { createMessaging, openTestEvent, receive, redis, urls } from '../../../scripts/testing/stores.ts';
import { serviceSecret } from '../../../scripts/testing/tokens.ts';
import { readMessage } from '../../persistence/read-message.ts';
import { openedEventsKey } from '../../shared/inventory/keys.ts';
import { loadConfig } from '../../shared/process/config.ts';
import { purchaseConfig } from '../config.ts';

import { gatherMs } from './relay.ts';
import { startRelayThread } from './relay-thread.ts';

beforeEach(async () => {
  await redis.flushdb();
  for (const [name, value] of Object.entries(emulatorEnvironment(urls.endpoint))) vi.stubEnv(name, value);
});
afterEach(() => vi.unstubAllEnvs());

it('the relay thread publishes what it is woken for, even right after another sale, and stops', async () => {
  const { topicArn, queueUrl } = await createMessaging();
  const redisSettings = { REDIS_URL: urls.redisUrl, REDIS_CLUSTER: String(urls.isRedisCluster) };
  const config = loadConfig(purchaseConfig, {
    ...redisSettings,
    SNS_TOPIC_ARN: topicArn,
    ORDER_TOKEN_SECRET: orderTokenSecret,
    SERVICE_SECRET: serviceSecret,
    PUBLIC_ORIGIN: 'http://localhost',
    LOG_LEVEL: 'silent',
  });
  const event = await openTestEvent();
  // Without this key the relay does not visit the event by itself: it must be woken.
  await redis.del(openedEventsKey);
  const relay = startRelayThread({ config, worker: undefined }, () => {});
  const sell = async (column: number) => {
    expect((await seats.sell(purchaseOf(event, { column }))).kind).toBe('sold');
    relay.wake(event.eventId);
  };
  const published: number[] = [];
  const untilPublished = async (sales: number) => {
    while (published.length < sales) {
      const contents = await Promise.all((await receive(queueUrl)).map(readMessage));
      published.push(...contents.flatMap(({ domainEvents }) => domainEvents.map(({ data }) => data.sequence)));
    }
  };
  await sell(1);
  await untilPublished(1);
  // Quiet again: the second sale wakes it immediately, and is read before the third.
  await pause(2 * gatherMs);
  await sell(2);
  await pause(gatherMs / 4);
  await sell(3);
  await untilPublished(3);
  expect(published.toSorted()).toEqual([1, 2, 3]);
  await relay.stop();
});
