import { getOrInsertComputed } from '../basics/get-or-insert.ts';
import type { RedisClient } from '../stores/redis.ts';
import { loadScript, runScript } from '../stores/script.ts';
import type { Plan } from './plans.ts';

const takeRequestsScript = loadScript(new URL('lua/take-requests.lua', import.meta.url));

/** Hash: the bucket of an API key, and its requests of the day. It belongs to no event, and expires by itself. */
const keyLimitKey = (keyId: string) => `onsale:key-limit:{${keyId}}`;

/** What Redis said of a request, and how the key stands afterwards. */
type Told = { isGranted: boolean; state: { fullInMs: number; unused: number; newDayInMs: number } };

/** After a Redis that hangs, the requests of the next moments do not wait at all. */
const pauseMs = 1_000;

/**
 * The limits of API keys in Redis, which all processes share. `take` asks for all requests of a key in one turn of the event loop with one
 * call. It returns undefined if Redis does not answer within `patienceMs`: then this limit does not limit.
 */
export function createSharedLimits(redis: RedisClient, patienceMs: number) {
  const waiting = new Map<string, { plan: Plan; resolvers: ((told: Told | undefined) => void)[] }>();
  let awayUntilMs = 0;

  return {
    take(keyId: string, plan: Plan): Promise<Told | undefined> | undefined {
      if (performance.now() < awayUntilMs) return undefined;
      const { promise, resolve } = Promise.withResolvers<Told | undefined>();
      getOrInsertComputed(waiting, keyId, () => {
        setImmediate(() => void ask(keyId));
        return { plan, resolvers: [] };
      }).resolvers.push(resolve);
      return promise;
    },
  };

  async function ask(keyId: string): Promise<void> {
    const { plan, resolvers } = waiting.get(keyId) ?? { resolvers: [] };
    waiting.delete(keyId);
    if (!plan) return;
    const keys = [keyLimitKey(keyId)];
    const args = [resolvers.length, plan.burst, Math.ceil(1_000_000 / plan.perSecond), plan.perDay];
    const reply = await inTime(runScript(redis, takeRequestsScript, keys, args), patienceMs);
    if (!reply) awayUntilMs = performance.now() + pauseMs;
    const [granted = 0, fullInMs = 0, unused = 0, newDayInMs = 0] = reply ?? [];
    for (const [at, resolve] of resolvers.entries())
      resolve(reply && { isGranted: at < granted, state: { fullInMs, unused, newDayInMs } });
  }
}

/** The reply of Redis, or undefined if it comes too late or never. */
async function inTime(asking: Promise<unknown>, patienceMs: number): Promise<number[] | undefined> {
  const { promise: late, resolve } = Promise.withResolvers<undefined>();
  const timer = setTimeout(resolve, patienceMs, undefined);
  const reply = await Promise.race([asking.catch(() => undefined), late]);
  clearTimeout(timer);
  return reply as number[] | undefined;
}
