import { UnavailableError } from '../shared/problems.ts';
import { orUnavailable, type RedisClient } from '../shared/redis.ts';

/** `waitsFor`: replicas that must have a promise before it is made; `replicas`: all that there are. */
export type ReplicaPolicy = { waitsFor: number; replicas: number; isDurable: boolean };

const policies = new WeakMap<RedisClient, ReplicaPolicy>();
const noPolicy: ReplicaPolicy = { waitsFor: 0, replicas: 0, isDurable: false };
const policyOf = (redis: RedisClient) => policies.get(redis) ?? noPolicy;

/** Replicas answer within their own fsync; a client of ours gives up on Redis after 1 s. */
const waitMs = 500;

/**
 * From now on, nothing that is done through `redis` is promised or published until `waitsFor` replicas have it. Only if these are
 * all of the `replicas` that there are does each of them have every promise, so that a promoted one may sell; else it may be behind,
 * and sells nothing until the inventory is rebuilt. With `isDurable`, Redis itself answers only what no failover loses.
 */
export const setReplicaPolicy = (redis: RedisClient, policy: ReplicaPolicy): void => void policies.set(redis, policy);

/** How many replicas have every promise, for the scripts: '' if some may lack one, 'all' however many there are. */
export function replicasOfPromise(redis: RedisClient): string {
  const { waitsFor, replicas, isDurable } = policyOf(redis);
  if (isDurable) return 'all';
  return replicas > 0 && waitsFor >= replicas ? String(replicas) : '';
}

/**
 * Resolves once as many replicas of `key`'s node as must have them have all writes that were answered on this connection so far
 * (https://redis.io/docs/latest/commands/wait). Throws an UnavailableError if they do not within 500 ms: then the writes are
 * done here, and may be lost with this node.
 */
export async function untilReplicated(redis: RedisClient, key: string): Promise<void> {
  const { waitsFor } = policyOf(redis);
  if (waitsFor === 0) return;
  // WAIT has no key: it goes to the node of the command beside it.
  const replies = await orUnavailable(redis.pipeline().exists(key).wait(waitsFor, waitMs).exec());
  const [error, reached] = replies?.[1] ?? [];
  if (error) await orUnavailable(Promise.reject(error));
  if (Number(reached) < waitsFor)
    throw new UnavailableError('INVENTORY_UNAVAILABLE', `${reached} of ${waitsFor} replicas have it`);
}
