import type { Redis } from 'ioredis';
import { openedEventsKey, outboxKey } from '../../shared/keys.ts';
import { cloudEventJson } from '../../shared/ticket-events.ts';
import type { PackableEntry } from './pack.ts';

/** The one consumer group: an entry goes to one task, and stays its pending one until acknowledged. */
const group = 'relay';
/** An entry pending for longer belongs to a task that died; shorter, and a slow publish would be done twice. */
const abandonedAfterMs = 15_000;

export type Outbox = ReturnType<typeof createOutbox>;

/** The outboxes of all events as one task, `consumer`, sees them. */
export function createOutbox(redis: Redis, consumer: string, claimAfterMs = abandonedAfterMs) {
  return {
    /** The events whose inventory was ever opened: those that can have an outbox. */
    openedEvents: () => redis.smembers(openedEventsKey),

    /** Takes up to `count` entries that no task has read yet; they are this task's until acknowledged. */
    async readNew(eventId: string, count: number): Promise<PackableEntry[]> {
      const read = () => redis.xreadgroup('GROUP', group, consumer, 'COUNT', count, 'STREAMS', outboxKey(eventId), '>');
      const reply = await read().catch(async (error: Error) => {
        if (!error.message.startsWith('NOGROUP')) throw error;
        await createGroup(redis, eventId);
        return await read();
      });
      const [stream] = (reply ?? []) as [string, StreamEntry[]][];
      return (stream?.[1] ?? []).map((entry) => packable(eventId, entry));
    },

    /** Takes over up to `count` entries that a task read and never acknowledged. */
    async claimAbandoned(eventId: string, count: number): Promise<PackableEntry[]> {
      const reply = await redis
        .xautoclaim(outboxKey(eventId), group, consumer, claimAfterMs, '0', 'COUNT', count)
        .catch((error: Error) => {
          if (error.message.startsWith('NOGROUP')) return undefined;
          throw error;
        });
      return ((reply?.[1] ?? []) as StreamEntry[]).map((entry) => packable(eventId, entry));
    },

    /** Says that SNS has accepted these entries; they stay in the stream for replays. */
    acknowledge: (eventId: string, ids: string[]) => redis.xack(outboxKey(eventId), group, ...ids),

    /** Drops entries older than `beforeMs`, but none that is not acknowledged. Gives how many. */
    async trim(eventId: string, beforeMs: number): Promise<number> {
      const key = outboxKey(eventId);
      const [pending, groups] = await Promise.all([redis.xpending(key, group), redis.xinfo('GROUPS', key)]).catch(() => []);
      const delivered = fieldsOf((groups as string[][] | undefined)?.[0] ?? []).get('last-delivered-id');
      if (!pending || delivered === undefined) return 0;
      const oldestPending = (pending as [number, string | null])[1];
      const keepFromMs = Number((oldestPending ?? delivered).split('-')[0]);
      return await redis.xtrim(key, 'MINID', String(Math.min(beforeMs, keepFromMs)));
    },
  };
}

type StreamEntry = [id: string, fields: string[]];

/** Reading begins at 0: a group that was lost with its position publishes again rather than not at all. */
async function createGroup(redis: Redis, eventId: string): Promise<void> {
  await redis.xgroup('CREATE', outboxKey(eventId), group, '0', 'MKSTREAM').catch((error: Error) => {
    // Another task was first.
    if (!error.message.startsWith('BUSYGROUP')) throw error;
  });
}

function fieldsOf(flat: string[]): Map<string, string> {
  return new Map(flat.flatMap((name, at) => (at % 2 === 0 ? [[name, flat[at + 1] ?? ''] as const] : [])));
}

function packable(eventId: string, [id, flat]: StreamEntry): PackableEntry {
  const fields = fieldsOf(flat);
  const field = (name: string) => fields.get(name) ?? '';
  const type = field('type');
  const json = cloudEventJson({
    eventId,
    type,
    sequence: field('sequence'),
    timeMs: Number(field('time')),
    data: field('data'),
    ...(field('traceparent') && { traceparent: field('traceparent') }),
  });
  return { id, type, json };
}
