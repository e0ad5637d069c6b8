import { LRUCache } from 'lru-cache';
import { type Limit, waitFor } from '../basics/gcra.ts';
import { getOrInsertComputed } from '../basics/get-or-insert.ts';
import type { RedisClient } from '../stores/redis.ts';
import { createBuckets } from './buckets.ts';
import type { Standing } from './headers.ts';
import type { Plan } from './plans.ts';
import { createSharedLimits } from './shared-limits.ts';

/** The verdict on a request: `waitMs` is 0, or how long it takes until one may be granted, and `limitedBy` why. */
export type Verdict = { waitMs: number; limitedBy?: 'rate' | 'quota'; standings: Standing[] };

export type KeyLimits = ReturnType<typeof createKeyLimits>;

/** How a key stands: ms until its bucket is full, the rest of its quota, and ms until there is a new one. */
export type KeyState = { fullInMs: number; unused: number; newDayInMs: number };

/** Bounds the memory; nobody has more keys in use at one time. */
const mostKeys = 10_000;
const dayMs = 86_400_000;

/**
 * The limits of API keys, by plan: a bucket, and a quota for each day (UTC). Each process has the whole plan's bucket, so most of a flood
 * ends here. What passes is taken from the key's limits in Redis, which all processes share. Without a Redis, and while it is away,
 * each process limits by itself. No request waits longer than `patienceMs` for a Redis that hangs.
 */
export function createKeyLimits({
  plans,
  redis,
  patienceMs = 100,
}: {
  plans: ReadonlyMap<string, Plan>;
  redis?: RedisClient | undefined;
  patienceMs?: number;
}) {
  const [smallest] = [...plans.values()].toSorted((a, b) => a.perSecond - b.perSecond);
  const bucketsOf = new Map<Plan, ReturnType<typeof createBuckets>>();
  const shared = redis && createSharedLimits(redis, patienceMs);
  /** How many requests of a day each key has sent: to this process or, if that is known, to all. */
  const days = new LRUCache<string, { day: number; used: number }>({ max: mostKeys });

  return {
    /** Takes a request from a key's limits. A plan that is not set counts as the smallest. */
    async take(keyId: string, planName: string, nowMs = Date.now()): Promise<Verdict> {
      const plan = plans.get(planName) ?? smallest;
      if (!plan) return { waitMs: 0, standings: [] };
      const limit = limitOf(plan);
      const buckets = getOrInsertComputed(bucketsOf, plan, () => createBuckets(limit, mostKeys));
      const day = Math.floor(nowMs / dayMs);
      const usedHere = () => {
        const known = days.get(keyId);
        return known?.day === day ? known.used : 0;
      };
      const newDayInMs = (day + 1) * dayMs - nowMs;
      const stateHere = (sent: number): KeyState => ({
        fullInMs: buckets.standing(keyId, 'burst').fullInMs,
        unused: plan.perDay - sent,
        newDayInMs,
      });
      const isSpent = () => usedHere() >= plan.perDay;
      if (isSpent() || buckets.take(keyId) > 0) return refused(plan, stateHere(usedHere()));
      const told = await shared?.take(keyId, plan);
      // Others of the same moment may have been granted meanwhile.
      if (!told && isSpent()) return refused(plan, stateHere(usedHere()));
      const sent = told ? plan.perDay - told.state.unused : usedHere() + 1;
      days.set(keyId, { day, used: sent });
      if (!told) return { waitMs: 0, standings: standingsOf(plan, stateHere(sent)) };
      return told.isGranted ? { waitMs: 0, standings: standingsOf(plan, told.state) } : refused(plan, told.state);
    },
  };
}

const limitOf = ({ perSecond, burst }: Plan): Limit => ({ burst, everyMs: 1_000 / perSecond });

function refused(plan: Plan, state: KeyState): Verdict {
  const standings = standingsOf(plan, state);
  if (state.unused <= 0) return { waitMs: state.newDayInMs, limitedBy: 'quota', standings };
  return { waitMs: Math.max(1, waitFor(limitOf(plan), state.fullInMs, 0)), limitedBy: 'rate', standings };
}

function standingsOf(plan: Plan, { fullInMs, unused, newDayInMs }: KeyState): Standing[] {
  const { burst, perSecond, perDay } = plan;
  const left = Math.max(0, Math.floor(burst - (fullInMs / 1_000) * perSecond));
  return [
    { name: 'burst', quota: burst, windowSeconds: Math.max(1, Math.round(burst / perSecond)), left, fullInMs },
    { name: 'day', quota: perDay, windowSeconds: dayMs / 1_000, left: Math.max(0, unused), fullInMs: newDayInMs },
  ];
}
