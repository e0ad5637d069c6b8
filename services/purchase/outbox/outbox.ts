import { openedEventsKey, outboxKey, publishedKey } from '../../shared/keys.ts';
import { type OutboxEntry, readEntry } from '../../shared/outbox-entry.ts';
import type { RedisClient } from '../../shared/redis.ts';
import { cloudEventJson, type OutboxRecord } from '../../shared/ticket-events.ts';
import { isSampled } from '../../shared/traceparent.ts';
import { isTracing } from '../../shared/tracing.ts';
import { untilReplicated } from '../replicas.ts';
import type { PackableEvent } from './pack.ts';
import { notePublished, type Published } from './published.ts';

/** The one consumer group: an entry goes to one task, and stays its pending one until acknowledged. */
const group = 'relay';
/** An entry pending for longer belongs to a task that died; shorter, and a slow publish would be done twice. */
const abandonedAfterMs = 15_000;

export type Outbox = ReturnType<typeof createOutbox>;

/** What was taken from an outbox: the ids of its entries, to be acknowledged, and their domain events, ready to be packed. */
export type Taken = { ids: string[]; events: PackableEvent[] };

/** The outboxes of all events as one task, `consumer`, sees them. */
export function createOutbox(redis: RedisClient, consumer: string, claimAfterMs = abandonedAfterMs) {
  return {
    /** The events whose inventory was ever opened: those that can have an outbox. */
    openedEvents: () => redis.smembers(openedEventsKey),

    /** Takes up to `count` entries that no task has read yet; they are this task's until acknowledged. */
    async readNew(eventId: string, count: number): Promise<Taken> {
      const read = () => redis.xreadgroup('GROUP', group, consumer, 'COUNT', count, 'STREAMS', outboxKey(eventId), '>');
      const reply = await read().catch(async (error: Error) => {
        if (!error.message.startsWith('NOGROUP')) throw error;
        await createGroup(redis, eventId);
        return await read();
      });
      const [stream] = (reply ?? []) as [string, OutboxEntry[]][];
      return takenOf(eventId, stream?.[1] ?? []);
    },

    /** Takes over up to `count` entries that a task read and never acknowledged. */
    async claimAbandoned(eventId: string, count: number): Promise<Taken> {
      const reply = await redis
        .xautoclaim(outboxKey(eventId), group, consumer, claimAfterMs, '0', 'COUNT', count)
        .catch((error: Error) => {
          if (error.message.startsWith('NOGROUP')) return undefined;
          throw error;
        });
      return takenOf(eventId, (reply?.[1] ?? []) as OutboxEntry[]);
    },

    /** Resolves once what was taken cannot be lost any more. Throws as untilReplicated. */
    untilSafe: (eventId: string) => untilReplicated(redis, outboxKey(eventId)),

    /** Says that SNS has accepted these entries, and in which messages; they stay in the stream for replays. */
    async acknowledge(eventId: string, ids: string[], messages: Published[] = []): Promise<void> {
      // A Redis that is full takes no notes, but acknowledgements.
      const noted = messages.length > 0 && notePublished(redis, eventId, messages).catch(() => {});
      await Promise.all([redis.xack(outboxKey(eventId), group, ...ids), noted]);
    },

    /** Drops entries older than `beforeMs`, but none that is not acknowledged, and what is noted of them. Gives how many. */
    async trim(eventId: string, beforeMs: number): Promise<number> {
      const key = outboxKey(eventId);
      const [pending, groups] = await Promise.all([redis.xpending(key, group), redis.xinfo('GROUPS', key)]).catch(() => []);
      const delivered = fieldsOf((groups as string[][] | undefined)?.[0] ?? []).get('last-delivered-id');
      if (!pending || delivered === undefined) return 0;
      const oldestPending = (pending as [number, string | null])[1];
      const keepFromMs = Number((oldestPending ?? delivered).split('-')[0]);
      const [trimmed] = await Promise.all([
        redis.xtrim(key, 'MINID', String(Math.min(beforeMs, keepFromMs))),
        redis.xtrim(publishedKey(eventId), 'MINID', String(beforeMs)),
      ]);
      return trimmed;
    },
  };
}

/** Reading begins at 0: a group that was lost with its position publishes again rather than not at all. */
async function createGroup(redis: RedisClient, eventId: string): Promise<void> {
  await redis.xgroup('CREATE', outboxKey(eventId), group, '0', 'MKSTREAM').catch((error: Error) => {
    // Another task was first.
    if (!error.message.startsWith('BUSYGROUP')) throw error;
  });
}

function fieldsOf(flat: string[]): Map<string, string> {
  return new Map(flat.flatMap((name, at) => (at % 2 === 0 ? [[name, flat[at + 1] ?? ''] as const] : [])));
}

const takenOf = (eventId: string, entries: OutboxEntry[]): Taken => ({
  ids: entries.map(([id]) => id),
  events: entries.flatMap((entry) => readEntry(eventId, entry)).map(packable),
});

const packable = (record: OutboxRecord): PackableEvent => ({
  type: record.type,
  sequence: record.sequence,
  json: cloudEventJson(record),
  ...(isTracing() && isSampled(record.traceparent) && { traced: record }),
});
