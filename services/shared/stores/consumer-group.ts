import type { RedisClient } from './redis.ts';

/** What Redis reports about a stream's consumer group (https://redis.io/docs/latest/commands/xinfo-groups). */
export type ConsumerGroup = {
  name: string;
  consumers: number;
  /** Entries delivered but not yet acknowledged. */
  pending: number;
  lastDeliveredId: string;
  /** Entries not yet delivered; null if Redis cannot tell. */
  lag: number | null;
};

/** A stream's first consumer group (ours have only one). Undefined if there is no stream, or no group. */
export async function readConsumerGroup(redis: RedisClient, key: string): Promise<ConsumerGroup | undefined> {
  const [group] = (await redis.xinfo('GROUPS', key).catch(noStreamYet)) as (string | number | null)[][];
  if (!group) return undefined;
  const fields = new Map(group.flatMap((name, at) => (at % 2 === 0 ? [[name, group[at + 1]] as const] : [])));
  return {
    name: String(fields.get('name')),
    consumers: Number(fields.get('consumers')),
    pending: Number(fields.get('pending')),
    lastDeliveredId: String(fields.get('last-delivered-id')),
    lag: fields.get('lag') as number | null,
  };
}

function noStreamYet(error: Error): [] {
  if (!error.message.includes('no such key')) throw error;
  return [];
}
