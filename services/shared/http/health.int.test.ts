import { SQSClient } from '@aws-sdk/client-sqs';
import { sql } from 'kysely';
import { pino } from 'pino';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { freePort } from '../../../scripts/local/free-ports.ts';
import { createMessaging, urls } from '../../../scripts/testing/stores.ts';
import { createDepthReader } from '../events/queue-depth.ts';
import { withCredentials } from '../stores/credentials.ts';
import { connectDatabase } from '../stores/database.ts';
import { createRedisCheck, openRedis } from '../stores/redis.ts';
import { lineRules } from '../telemetry/logger.ts';
import { registerHealth } from './health.ts';
import { createHttpServer } from './http-server.ts';
import { problems } from './problems.ts';

const resources = new AsyncDisposableStack();
afterAll(() => resources.disposeAsync());

const lines: string[] = [];
const logger = pino({ level: 'info', ...lineRules() }, { write: (line) => void lines.push(line) });

/** The public health response of a service with only this check. */
async function healthOf(check: () => Promise<unknown>) {
  const app = createHttpServer({ logger });
  resources.defer(() => app.close());
  registerHealth(app, '/some', { store: check });
  return await app.inject('/some/health');
}

async function redisCheck(url: string) {
  const redis = await openRedis(url, { isCluster: false, logger, resources });
  return createRedisCheck(redis);
}

function databaseCheck(url: string) {
  const db = connectDatabase(url, 1);
  resources.defer(() => db.destroy());
  return () => sql`select 1`.execute(db);
}

async function queueCheck(endpoint: string, queueUrl: string) {
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  const sqs = new SQSClient({ endpoint, region: 'us-east-1', credentials, maxAttempts: 1 });
  resources.defer(() => sqs.destroy());
  return createDepthReader(sqs, { queueUrl, deadLetterQueueUrl: queueUrl });
}

const nobody = { username: 'nobody', password: 'a-wrong-password' };
const withUser = (url: string) => withCredentials(url.replace(/\/\/(.*@)?/, '//'), nobody);
const away = `127.0.0.1:${await freePort()}`;
const { queueUrl } = await createMessaging();

describe('the health of an unavailable store', () => {
  it.each([
    ['Redis, no connection', 'unreachable', () => redisCheck(`redis://${away}`)],
    ['Redis, a wrong password', 'refused', () => redisCheck(withUser(urls.redisUrl))],
    ['MySQL, no connection', 'unreachable', () => databaseCheck(`mysql://root@${away}/onsale`)],
    ['MySQL, a wrong password', 'refused', () => databaseCheck(withUser(urls.databaseUrl))],
    ['SQS, no connection', 'unreachable', () => queueCheck(`http://${away}`, queueUrl.replace(/127.0.0.1:\d+/, away))],
    ['SQS, no such queue', 'refused', () => queueCheck(urls.endpoint, `${queueUrl}-missing`)],
    ['no answer', 'timeout', () => () => new Promise(() => {})],
  ] as const)('is one word (%s: %s); hosts, users and drivers appear only in the log', async (_what, word, checkOf) => {
    const check = await checkOf();
    const code = 'SERVICE_UNAVAILABLE';
    const told = { type: `urn:onsale:problem:${code}`, ...problems[code], code, checks: { store: word } };
    // On a busy machine, a refused connection may just be trying again.
    const health = await vi.waitFor(async () => {
      const answer = await healthOf(check);
      expect(answer.json()).toEqual(told);
      return answer;
    }, 10_000);
    expect(health.headers['retry-after']).toBe('1');
  });

  it('is checked once for any number of concurrent requests, and logged only a few times', async () => {
    const gate = Promise.withResolvers<never>();
    const check = vi.fn(() => gate.promise);
    const app = createHttpServer({ logger });
    resources.defer(() => app.close());
    registerHealth(app, '/some', { store: check });
    lines.length = 0;
    const answers = Array.from({ length: 500 }, () => app.inject('/some/health'));
    await vi.waitFor(() => expect(check).toHaveBeenCalledTimes(1));
    gate.reject(new Error('connect ECONNREFUSED 10.0.0.1:6379'));
    for (const answer of await Promise.all(answers)) expect(answer.json().checks).toEqual({ store: 'unreachable' });
    expect(check).toHaveBeenCalledTimes(1);
    const logged = lines.filter((line) => line.includes('"health: a check failed"'));
    expect(logged.length).toBeLessThanOrEqual(11);
    expect(logged[0]).toContain('10.0.0.1');
  });
});
