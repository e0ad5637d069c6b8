import type { IncomingMessage, ServerResponse } from 'node:http';
import { json } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { startSmallServer } from '../../../scripts/testing/small-server.ts';
import { startKeyUses } from './key-uses.ts';

let resources: AsyncDisposableStack;
beforeEach(() => {
  resources = new AsyncDisposableStack();
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'Date'], now: Date.parse('2030-01-01T00:00:00Z') });
});
afterEach(async () => {
  vi.useRealTimers();
  await resources.disposeAsync();
});

/** An accounts service that answers `reply.status`; `told` has what it was told, in order. */
async function setUp() {
  const told: { uses: Record<string, string> }[] = [];
  const reply = { status: 204, location: 'http://127.0.0.1:1' };
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    expect(request.headers).toMatchObject({ authorization: 'Bearer x', 'content-type': 'application/json' });
    told.push((await json(request)) as { uses: Record<string, string> });
    response.writeHead(reply.status, reply.status === 307 ? { location: reply.location } : {}).end();
  };
  const url = await startSmallServer((request, response) => void answer(request, response), resources);
  const warned: object[] = [];
  const logger = { warn: (fields: object) => void warned.push(fields) } as never;
  const uses = startKeyUses({ everyMs: 60_000, url, headers: async () => ({ authorization: 'Bearer x' }), logger });
  resources.defer(() => uses.stop());
  const minute = () => void vi.advanceTimersByTime(60_000);
  /** Waits for what real sockets do; the fake clock stands still. */
  const until = async (isDone: () => boolean) => {
    while (!isDone()) await new Promise((resolve) => setTimeout(resolve, 5));
  };
  return { told, reply, warned, uses, minute, until };
}

it('the last use of each key is told once a minute, and nothing if there is none', async () => {
  const { told, uses, minute, until } = await setUp();
  minute();
  uses.note('a');
  uses.note('b');
  vi.advanceTimersByTime(1_000);
  uses.note('a');
  minute();
  await until(() => told.length > 0);
  minute();
  uses.note('c');
  await uses.stop();
  expect(told).toEqual([
    { uses: { a: '2030-01-01T00:01:01.000Z', b: '2030-01-01T00:01:00.000Z' } },
    { uses: { c: '2030-01-01T00:03:01.000Z' } },
  ]);
});

it.each([500, 307])('what was answered %i is told again with what came since, and goes nowhere else', async (status) => {
  const { told, reply, warned, uses, minute, until } = await setUp();
  const visits: string[] = [];
  reply.location = await startSmallServer(({ url = '' }, response) => {
    visits.push(url);
    response.end();
  }, resources);
  reply.status = status;
  uses.note('a');
  uses.note('b');
  minute();
  await until(() => warned.length > 0);
  uses.note('b');
  reply.status = 204;
  minute();
  await until(() => told.length > 1);
  await uses.stop();
  expect(told.map(({ uses: each }) => each)).toEqual([
    { a: '2030-01-01T00:00:00.000Z', b: '2030-01-01T00:00:00.000Z' },
    { a: '2030-01-01T00:00:00.000Z', b: '2030-01-01T00:01:00.000Z' },
  ]);
  expect(visits).toEqual([]);
});

it('stopping tells the rest, ends the rhythm, and rejects nothing if it fails', async () => {
  const { told, reply, warned, uses, minute } = await setUp();
  uses.note('a');
  await uses.stop();
  expect(told).toHaveLength(1);
  reply.status = 503;
  uses.note('b');
  await uses.stop();
  expect([told.length, warned.length]).toEqual([2, 1]);
  expect(vi.getTimerCount()).toBe(0);
  minute();
  expect(told).toHaveLength(2);
});
