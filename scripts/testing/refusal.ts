import type { InjectOptions } from 'fastify';
import { expect, vi } from 'vitest';
import { type ProblemCode, problems } from '../../services/shared/problems.ts';
import { app, seen } from './purchase-app.ts';
import { redis } from './stores.ts';

/** What is decided without asking Redis. */
const beforeTheScript: ProblemCode[] = [
  'INVALID_REQUEST',
  'NOT_SIGNED_IN',
  'ORDER_TOKEN_REQUIRED',
  'NOT_FOUND',
  'METHOD_NOT_ALLOWED',
  'PAYLOAD_TOO_LARGE',
  'UNSUPPORTED_MEDIA_TYPE',
];

/** What is decided with or without a script, by what the service knows of the event. */
const withOrWithoutScript: ProblemCode[] = ['EVENT_NOT_FOUND', 'INVENTORY_UNAVAILABLE'];

/** The scripts that the app runs, which run all the same. */
const evalsha = vi.spyOn(redis, 'evalsha');

const readers: Record<string, (key: string) => Promise<unknown>> = {
  hash: (key) => redis.hgetall(key),
  set: async (key) => (await redis.smembers(key)).toSorted(),
  zset: (key) => redis.zrange(key, '0', '-1', 'WITHSCORES'),
  stream: (key) => redis.xrange(key, '-', '+'),
  string: (key) => redis.getBuffer(key),
};

const { paths } = (await app.inject('/purchase/openapi.json')).json();

/** Whether the API's document says that a request may be answered so; of a path that it does not know it says nothing. */
function isDocumented({ method = 'GET', url }: InjectOptions, code: ProblemCode): boolean {
  const served = Object.keys(paths).find((path) => new RegExp(`^${path.replaceAll(/\{\w+\}/g, '[^/]+')}$`).test(String(url)));
  const responses = served && paths[served][method.toLowerCase()]?.responses;
  return !responses || responses[problems[code].status]?.description.split(/[:,] /).includes(code);
}

/** All that Redis holds, but for what searches remember of the seats that they looked at. */
export async function dump(): Promise<Record<string, unknown>> {
  const keys = (await redis.keys('*')).filter((key) => !key.endsWith(':runs'));
  const entries = keys.map(async (key) => [key, await readers[await redis.type(key)]?.(key)]);
  return Object.fromEntries(await Promise.all(entries));
}

/**
 * Sends what must be refused with `code`, as a problem, and must leave Redis as it was, but for the answer that it may keep
 * under the key `kept`; gives the problem. Whether Redis is asked at all follows from the code where nothing else is said.
 */
export async function refusal(
  request: InjectOptions,
  code: ProblemCode,
  { kept, asksRedis = !beforeTheScript.includes(code) }: { kept?: string; asksRedis?: boolean } = {},
) {
  const before = { ...(await dump()), ...(kept !== undefined && { [kept]: expect.any(Buffer) }) };
  const woken = [...seen.woken];
  evalsha.mockClear();
  const answer = await app.inject(request);
  const { status, title } = problems[code];
  expect(answer.json()).toMatchObject({ type: `urn:onsale:problem:${code}`, title, status, code });
  expect(answer.statusCode).toBe(status);
  expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/);
  expect(answer.headers['x-request-id']).toMatch(/^[\w.:-]{1,64}$/);
  expect(answer.headers['retry-after']).toBe(status === 503 ? '1' : undefined);
  expect(isDocumented(request, code), `${code} is documented`).toBe(true);
  expect(seen.woken).toEqual(woken);
  if (!withOrWithoutScript.includes(code)) expect(evalsha.mock.calls.length > 0).toBe(asksRedis);
  expect(await dump()).toEqual(before);
  return answer.json();
}

/** What of an answer the client sees, its request id apart. */
export async function answerTo(request: InjectOptions) {
  const { statusCode, headers, body } = await app.inject(request);
  const { location, 'content-type': contentType } = headers;
  return { statusCode, location, contentType, body };
}

/** Sends what must be answered as it was before, to the byte, and must leave Redis as it is. */
export async function expectReplay(request: InjectOptions, first: Awaited<ReturnType<typeof answerTo>>) {
  const before = await dump();
  expect(await answerTo(request)).toEqual(first);
  expect(await dump()).toEqual(before);
}
