import { overloaded, type UnavailableError } from '../../shared/problems.ts';
import type { RedisClient } from '../../shared/redis.ts';

/**
 * How many may wait for their turn to be asked. One process decides on some 13,000 a second at its peak, and on half of that while
 * it refuses as many: whoever comes last waits for a third of a second. More would only be refused later (ask-together.ts).
 */
export const maxWaiting = 2_048;

/** What waits in this process for its turn to be asked of a Redis, and how much was refused since it began because of that. */
export type Load = { waiting: number; shed: number };

const loads = new WeakMap<RedisClient, Load>();

export function loadOf(redis: RedisClient): Load {
  const load = loads.get(redis) ?? { waiting: 0, shed: 0 };
  loads.set(redis, load);
  return load;
}

/** Counts what is refused; gives the error to refuse it with. */
export function shed(load: Load): UnavailableError {
  load.shed++;
  return overloaded;
}
