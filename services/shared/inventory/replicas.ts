import { UnavailableError } from '../http/problems.ts';
import { orUnavailable, type RedisClient } from '../stores/redis.ts';

/**
 * No write is promised or published until `waitsFor` replicas have it. Only if that is all of the `replicas` does every replica have
 * every promise, so that a promoted one may sell. Otherwise a promoted one may be behind, and sells nothing until the inventory is
 * rebuilt. With `isDurable`, Redis acknowledges only writes that survive a failover.
 */
export type ReplicaPolicy = { waitsFor: number; replicas: number; isDurable: boolean };

export const waitForNoReplica: ReplicaPolicy = { waitsFor: 0, replicas: 0, isDurable: false };

/** A replica needs about one fsync to answer; our Redis client gives up after 1 s. */
const waitMs = 500;

/** For the scripts: how many replicas have every promise, 'all' for any number, '' if some may lack one. */
export function replicasOfPromise({ waitsFor, replicas, isDurable }: ReplicaPolicy): string {
  if (isDurable) return 'all';
  return replicas > 0 && waitsFor >= replicas ? String(replicas) : '';
}

/**
 * Resolves once enough replicas of `key`'s node have all writes that were acknowledged on this connection so far
 * (https://redis.io/docs/latest/commands/wait). Throws an UnavailableError if they do not within 500 ms: the writes then exist on
 * this node, and may be lost with it.
 */
export async function untilReplicated(redis: RedisClient, key: string, { waitsFor }: ReplicaPolicy): Promise<void> {
  if (waitsFor === 0) return;
  // WAIT has no key, so in a cluster it goes to the node of the other command in its pipeline.
  const replies = await orUnavailable(redis.pipeline().exists(key).wait(waitsFor, waitMs).exec());
  const [error, reached] = replies?.[1] ?? [];
  if (error) await orUnavailable(Promise.reject(error));
  if (Number(reached) < waitsFor)
    throw new UnavailableError('INVENTORY_UNAVAILABLE', `only ${reached} of ${waitsFor} replicas have the write`);
}
