import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { freePort } from '../local/free-ports.ts';
import { testFolder } from '../testing/services.ts';
import { openTestEvent, urls } from '../testing/stores.ts';

let resources: AsyncDisposableStack;
beforeEach(() => {
  resources = new AsyncDisposableStack();
});
afterEach(() => resources.disposeAsync());

/** Runs the command in a folder without .env, and without a terminal. */
async function run(words: string[], env: Record<string, string>) {
  const main = join(import.meta.dirname, 'main.ts');
  const options = { cwd: testFolder(resources), env, extendEnv: false, stdin: 'ignore', reject: false } as const;
  const { stdout: out, stderr: err, exitCode: code } = await execa(process.execPath, [main, ...words], options);
  return { out, err, code };
}

const named = { REDIS_URL: urls.redisUrl, DATABASE_URL: urls.databaseUrl };

/** Settings that lead every store and queue to this listener, and how many connections it got. */
async function listen() {
  let connections = 0;
  const server = createServer((socket) => {
    connections++;
    socket.destroy();
  });
  const port = await freePort();
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  resources.defer(() => void server.close());
  const url = `127.0.0.1:${port}`;
  return {
    connections: () => connections,
    env: {
      REDIS_URL: `redis://${url}`,
      DATABASE_URL: `mysql://${url}/onsale`,
      SNS_TOPIC_ARN: 'arn:aws:sns:us-east-1:000000000000:ticket-events',
      SQS_QUEUE_URL: `http://${url}/queue`,
      SQS_DEAD_LETTER_QUEUE_URL: `http://${url}/dead-letters`,
      AWS_ENDPOINT_URL: `http://${url}`,
    },
  };
}

describe('onsale', () => {
  it('--help, of the command and of each of its subcommands, shows help without connecting to any store', async () => {
    const { env, connections } = await listen();
    const help = await run(['--help'], env);
    expect(help).toMatchObject({ code: 0, err: '' });
    const commands = [...help.out.matchAll(/^ {2}([a-z][a-z-]*) (?!for command)/gm)]
      .map(([, name = '']) => name)
      .filter((name) => name !== 'help');
    const ofLife = ['pause', 'resume', 'close', 'archive'];
    const others = ['orders', 'report', 'payments', 'trace', 'verify', 'replay', 'rebuild', 'redrive'];
    expect(commands).toEqual(['list', 'show', 'open', ...others, ...ofLife, 'block', 'unblock', 'import-plan', 'admin']);
    const asks = [['help', 'redrive'], ...commands.map((command) => [command, 'Event1', '--yes', '--help'])];
    for (const words of asks) {
      const { out, code } = await run(words, env);
      expect([words, code, out]).toEqual([words, 0, expect.stringMatching(/^Usage: npm run onsale -- [a-z-]+ \[options\]/)]);
    }
    expect(connections()).toBe(0);
  });

  it('lists and shows events for programs, with nothing but JSON on standard output', async () => {
    const { eventId } = await openTestEvent();
    const list = await run(['list', '--json'], named);
    expect(list).toMatchObject({ code: 0, err: expect.stringMatching(/^Working on Redis redis:.*, MySQL mysql:/) });
    expect(JSON.parse(list.out)).toContainEqual(expect.objectContaining({ eventId, state: 'on-sale' }));
    const show = await run(['show', eventId, '--json'], named);
    expect(JSON.parse(show.out)).toMatchObject({ eventId, inventory: { zones: [{ capacity: 100 }] } });
    expect(await run(['show', `${eventId}-gone`], named)).toMatchObject({
      code: 1,
      out: '',
      err: expect.stringMatching(/never opened\. .*npm run onsale -- list/),
    });
  });

  it('refuses to combine the stores of two systems', async () => {
    const { err, out, code } = await run(['verify', 'Event1'], named);
    expect([out, code]).toEqual(['', 1]);
    expect(err).toContain('missing: SNS_TOPIC_ARN, SQS_QUEUE_URL, SQS_DEAD_LETTER_QUEUE_URL\n');
  });
});
