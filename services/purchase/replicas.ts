import { UnavailableError } from '../shared/problems.ts';
import { orUnavailable, type RedisClient } from '../shared/redis.ts';

const required = new WeakMap<RedisClient, number>();
const durable = new WeakSet<RedisClient>();

/** Replicas answer within their own fsync; a client of ours gives up on Redis after 1 s. */
const waitMs = 500;

/**
 * From now on, nothing that is done through `redis` is promised or published until so many replicas have it. Where that is all of
 * them, a replica that is promoted has every promise, and may sell; else it may be behind, and nothing is sold until the inventory
 * is rebuilt.
 */
export const requireReplicas = (redis: RedisClient, count: number): void => void required.set(redis, count);

/** From now on `redis` counts as one that answers only what no failover loses: nobody waits, and a replica that is promoted may sell. */
export const trustReplicas = (redis: RedisClient): void => void durable.add(redis);

/** Whether a replica that is promoted has all that was promised. */
export const areReplicasTrusted = (redis: RedisClient): boolean => durable.has(redis) || (required.get(redis) ?? 0) > 0;

/**
 * Resolves once the replicas of `key`'s node that have to have them have all writes that were answered on this connection so far
 * (https://redis.io/docs/latest/commands/wait). Throws an UnavailableError where they do not within 500 ms: then the writes are
 * done here, and may be lost with this node.
 */
export async function untilReplicated(redis: RedisClient, key: string): Promise<void> {
  const count = required.get(redis) ?? 0;
  if (count === 0) return;
  // WAIT has no key: it goes where the command beside it goes.
  const replies = await orUnavailable(redis.pipeline().exists(key).wait(count, waitMs).exec());
  const [error, reached] = replies?.[1] ?? [];
  if (error) await orUnavailable(Promise.reject(error));
  if (Number(reached) < count) throw new UnavailableError('INVENTORY_UNAVAILABLE', `${reached} of ${count} replicas have it`);
}
