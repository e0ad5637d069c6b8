import { sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { freePorts } from '../local/free-ports.ts';
import { layCable, through } from '../testing/cable.ts';
import { createMessaging, unique, urls } from '../testing/stores.ts';
import { withSystem } from './system.ts';

let resources: AsyncDisposableStack;
beforeEach(() => {
  resources = new AsyncDisposableStack();
  const told = vi.spyOn(console, 'error').mockImplementation(() => {});
  resources.defer(() => told.mockRestore());
});
afterEach(() => resources.disposeAsync());

const named = { REDIS_URL: urls.redisUrl, DATABASE_URL: urls.databaseUrl, ...(urls.isRedisCluster && { REDIS_CLUSTER: 'true' }) };
const noWork = async () => 'done';

describe('a command', () => {
  it('names every store of "npm start" that cannot be reached, and asks whether that is running', async () => {
    const ports = await freePorts();
    const failed = withSystem(['db', 'redis', 'messaging'], noWork, {}, ports);
    await expect(failed).rejects.toThrow(/^Cannot be reached:\n/);
    const message = await failed.catch((error: Error) => error.message);
    expect(message).toMatch(new RegExp(`\n {2}Redis at redis://127\\.0\\.0\\.1:${ports.redis}: connect ECONNREFUSED`));
    expect(message).toMatch(
      new RegExp(`\n {2}MySQL at mysql://onsale@127\\.0\\.0\\.1:${ports.mysql}/onsale: connect ECONNREFUSED`),
    );
    expect(message).toMatch(new RegExp(`\n {2}SQS at http://127\\.0\\.0\\.1:${ports.emulator}/000000000000/ticket-sql: `));
    expect(message).toMatch(/\nIs "npm start" running in another terminal\?$/);
  });

  it('prints the stores that the environment names, without passwords, and then does not mention "npm start"', async () => {
    const password = new URL(urls.databaseUrl);
    password.password = 'not-this-one';
    const failed = withSystem(['db', 'redis'], noWork, { ...named, DATABASE_URL: password.href });
    const message = await failed.catch((error: Error) => error.message);
    expect(message).toMatch(/^Cannot be reached:\n {2}MySQL at mysql:\/\/onsale@127\.0\.0\.1:\d+\/onsale: Access denied/);
    expect(message).not.toMatch(/npm start|not-this-one/);
    const told = vi.mocked(console.error).mock.calls.join();
    expect(told).toMatch(/^Working on Redis redis:\/\/\S+, MySQL mysql:\/\/onsale@\S+\/onsale$/);
  });

  it('needs only the parts that it works on', async () => {
    const { topicArn, queueUrl, deadLetterQueueUrl } = await createMessaging();
    const emulator = {
      AWS_ENDPOINT_URL: urls.endpoint,
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: 'x',
      AWS_SECRET_ACCESS_KEY: 'x',
    };
    for (const [name, value] of Object.entries(emulator)) vi.stubEnv(name, value);
    resources.defer(() => void vi.unstubAllEnvs());
    const queues = { SNS_TOPIC_ARN: topicArn, SQS_QUEUE_URL: queueUrl, SQS_DEAD_LETTER_QUEUE_URL: deadLetterQueueUrl };
    expect(await withSystem(['messaging'], noWork, { ...queues, ...emulator })).toBe('done');
    expect(await withSystem(['db', 'redis'], noWork, named)).toBe('done');
  });

  it('names a store that becomes unreachable during the work', async () => {
    const cable = await layCable(Number(new URL(urls.databaseUrl).port), resources);
    const environment = { ...named, DATABASE_URL: through(cable, urls.databaseUrl) };
    const failed = withSystem(
      ['db', 'redis'],
      async ({ db }) => {
        await cable.cut();
        await sql`select 1`.execute(db);
      },
      environment,
    );
    await expect(failed).rejects.toThrow(new RegExp(`MySQL at mysql://onsale@127\\.0\\.0\\.1:${cable.port}/onsale: `));
  });

  it('passes on its own error if every store can be reached, and names the repair for an old schema', async () => {
    const fails = withSystem(['db', 'redis'], () => Promise.reject(new Error('of its own')), named);
    await expect(fails).rejects.toThrow(/^of its own$/);
    const old = withSystem(['db', 'redis'], ({ db }) => sql`select * from ${sql.table(unique('gone'))}`.execute(db), named);
    await expect(old).rejects.toThrow(/npm run migrate$/);
  });
});
