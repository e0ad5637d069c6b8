import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { setImmediate } from 'node:timers/promises';
import { afterAll, describe, expect, it } from 'vitest';
import { answersIn, dial } from '../../../scripts/testing/raw-answers.ts';
import { startTestServer } from '../../../scripts/testing/test-server.ts';

const resources = new AsyncDisposableStack();
afterAll(() => resources.disposeAsync());

const half = (path: string, length = 100) =>
  `POST ${path} HTTP/1.1\r\nhost: x\r\nx-request-id: mine\r\ncontent-type: application/json\r\ncontent-length: ${length}\r\n\r\n{"`;

describe('a request that stops arriving is answered once and not logged', () => {
  it.concurrent.each<[string, string, number[]]>([
    ['its head', 'POST /api/things HTTP/1.1\r\nhost: x\r\n', [408]],
    ['its body', half('/api/things'), [408]],
    ['a body that no route reads', half('/nothing'), [404]],
    ['a body that is too large', half('/api/things', 1_000_000), [413]],
    ['the second of two bodies', `POST /nothing HTTP/1.1\r\nhost: x\r\n\r\n${half('/api/things')}`, [404, 408]],
  ])('%s', async (_where, sent, statuses) => {
    const { app, lines } = await startTestServer(resources);
    const socket = dial(app);
    socket.write(sent);
    const answers = answersIn(await text(socket));
    expect(answers.map(({ status }) => status)).toEqual(statuses);
    expect(JSON.parse(answers.at(-1)?.body ?? '')).toMatchObject({ status: statuses.at(-1) });
    if (sent.includes('mine')) expect(answers.at(-1)?.headers['x-request-id']).toBe('mine');
    expect(lines).toEqual([]);
  });

  it.concurrent('its body, on a server with a time limit for handlers', async () => {
    const { app, lines } = await startTestServer(resources, { handlerMs: 100 });
    const socket = dial(app);
    socket.write(half('/api/things'));
    const answers = answersIn(await text(socket));
    expect(answers).toMatchObject([{ status: 408, headers: { connection: 'close', 'x-request-id': 'mine' } }]);
    expect(lines).toEqual([]);
  });

  it.concurrent('the head after a request that is being answered', async () => {
    const { app, lines, openGate } = await startTestServer(resources);
    const socket = dial(app);
    const received = text(socket);
    socket.write('GET /api/slow HTTP/1.1\r\nhost: x\r\n\r\nGET /api');
    await once(app.server, 'clientError');
    openGate('in time');
    expect(answersIn(await received)).toMatchObject([{ status: 200, body: 'in time' }, { status: 408 }]);
    expect(lines).toEqual([]);
  });
});

it.each([
  ['answers', () => 'late'],
  ['fails', () => Promise.reject(new Error('connection lost'))],
])(
  'a handler that exceeds its time limit causes a 503 and a sampled warning, and nothing more when it %s later',
  async (_how, end) => {
    const { app, lines, openGate } = await startTestServer(resources, { handlerMs: 50 });
    const answers = await Promise.all(Array.from({ length: 50 }, () => app.inject('/api/slow')));
    expect(new Set(answers.map(({ statusCode }) => statusCode))).toEqual(new Set([503]));
    expect(answers[0]?.headers['retry-after']).toBe('1');
    openGate(end());
    await setImmediate();
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([{ level: 'warn', msg: 'unavailable' }]);
  },
);
