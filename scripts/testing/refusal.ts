import type { InjectOptions } from 'fastify';
import { expect, vi } from 'vitest';
import { type ProblemCode, problems } from '../../services/shared/http/problems.ts';
import { app, seen } from './purchase-app.ts';
import { redis } from './stores.ts';

/** The problems that are decided without Redis. */
const beforeTheScript: ProblemCode[] = [
  'INVALID_REQUEST',
  'NOT_SIGNED_IN',
  'ORDER_TOKEN_REQUIRED',
  'NOT_FOUND',
  'METHOD_NOT_ALLOWED',
  'PAYLOAD_TOO_LARGE',
  'UNSUPPORTED_MEDIA_TYPE',
];

/** The problems that are decided with or without a script, depending on what the service knows about the event. */
const withOrWithoutScript: ProblemCode[] = ['EVENT_NOT_FOUND', 'INVENTORY_UNAVAILABLE'];

const readers: Record<string, (key: string) => Promise<unknown>> = {
  hash: (key) => redis.hgetall(key),
  set: async (key) => (await redis.smembers(key)).toSorted(),
  zset: (key) => redis.zrange(key, '0', '-1', 'WITHSCORES'),
  stream: (key) => redis.xrange(key, '-', '+'),
  string: (key) => redis.getBuffer(key),
};

const { paths } = (await app.inject('/purchase/openapi.json')).json();

/** Whether the OpenAPI document lists this problem for a request; true for paths that it does not contain. */
function isDocumented({ method = 'GET', url }: InjectOptions, code: ProblemCode): boolean {
  const served = Object.keys(paths).find((path) => new RegExp(`^${path.replaceAll(/\{\w+\}/g, '[^/]+')}$`).test(String(url)));
  const responses = served && paths[served][method.toLowerCase()]?.responses;
  return !responses || responses[problems[code].status]?.description.split(/[:,] /).includes(code);
}

/** Everything in Redis, except what searches for the best seats remember. */
export async function dump(): Promise<Record<string, unknown>> {
  const keys = (await redis.keys('*')).filter((key) => !key.endsWith(':row-runs'));
  const entries = keys.map(async (key) => [key, await readers[await redis.type(key)]?.(key)]);
  return Object.fromEntries(await Promise.all(entries));
}

/**
 * Sends a request that must be refused with the problem `code`, and must leave Redis unchanged, except for a reply kept under the key
 * `kept`. Returns the problem. `asksRedis` is whether a script must run; by default it follows from the code.
 */
export async function refusal(
  request: InjectOptions,
  code: ProblemCode,
  { kept, asksRedis = !beforeTheScript.includes(code) }: { kept?: string; asksRedis?: boolean } = {},
) {
  const before = { ...(await dump()), ...(kept !== undefined && { [kept]: expect.any(Buffer) }) };
  const woken = [...seen.woken];
  // The scripts still run.
  const evalsha = vi.spyOn(redis, 'evalsha').mockClear();
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

/** The parts of a response that a client sees, without the request id. */
export async function answerTo(request: InjectOptions) {
  const { statusCode, headers, body } = await app.inject(request);
  const { location, 'content-type': contentType } = headers;
  return { statusCode, location, contentType, body };
}

/** Sends a request that must get the same response as before, to the byte, and must leave Redis unchanged. */
export async function expectReplay(request: InjectOptions, first: Awaited<ReturnType<typeof answerTo>>) {
  const before = await dump();
  expect(await answerTo(request)).toEqual(first);
  expect(await dump()).toEqual(before);
}
