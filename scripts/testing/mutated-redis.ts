import { expect } from 'vitest';
import type { RedisClient } from '../../services/shared/stores/redis.ts';
import { scriptOf } from '../../services/shared/stores/script.ts';

/**
 * The same Redis, but wherever a script has the text `from`, it runs with `to` instead. `expectMutated` fails unless some script had it.
 * For positive controls: a test that passes with a mutated script proves nothing.
 */
export function mutatedRedis(redis: RedisClient, from: string, to: string): { redis: RedisClient; expectMutated(): void } {
  /** By the digests of the scripts as they are. */
  const digests = new Map<string, string>();
  let isMutated = false;
  const own = {
    evalsha: async (sha: string, ...rest: [number, ...(string | number | Buffer)[]]) => {
      const mutated = digests.get(sha);
      if (mutated === undefined) throw new Error('NOSCRIPT: its source decides');
      return await redis.evalsha(mutated, ...rest);
    },
    eval: async (source: string, ...rest: [number, ...(string | number | Buffer)[]]) => {
      const mutated = scriptOf(source.replaceAll(from, () => to));
      isMutated ||= mutated.source !== source;
      const outcome = await redis.eval(mutated.source, ...rest);
      digests.set(scriptOf(source).sha, mutated.sha);
      return outcome;
    },
  };
  const proxy = new Proxy(redis, {
    get(target, name) {
      if (name === 'evalsha' || name === 'eval') return own[name];
      const value = Reflect.get(target, name);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
  return { redis: proxy, expectMutated: () => expect(isMutated, `no script has ${from}`).toBe(true) };
}
