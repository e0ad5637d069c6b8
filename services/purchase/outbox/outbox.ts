import { createActivity, readActiveEvents } from '../../shared/active-events.ts';
import { readConsumerGroup } from '../../shared/consumer-group.ts';
import { openedEventsKey, outboxKey, publishedKey } from '../../shared/keys.ts';
import { type OutboxEntry, readEntry } from '../../shared/outbox-entry.ts';
import type { RedisClient } from '../../shared/redis.ts';
import { loadScript, runScript } from '../../shared/script.ts';
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
/** A relay that was not seen for so long has ended: a living one takes what its task sells. */
const goneAfterMs = 3_600_000;
/** Of more events that sell just now, the latest. */
const maxActive = 1_000;
const activeMs = 60_000;

const dropIdleConsumersScript = loadScript(new URL('lua/drop-idle-consumers.lua', import.meta.url));

export type Outbox = ReturnType<typeof createOutbox>;

/** What was taken from an outbox: the ids of its entries, to be acknowledged, and their domain events, ready to be packed. */
export type Taken = { ids: string[]; events: PackableEvent[] };

/** The outboxes of all events as one task, `consumer`, sees them. */
export function createOutbox(redis: RedisClient, consumer: string, claimAfterMs = abandonedAfterMs) {
  const activity = createActivity(redis);
  return {
    /** The events whose inventory was ever opened: those that can have an outbox. */
    openedEvents: () => redis.smembers(openedEventsKey),

    /** The events that somebody sold for within the last minute. */
    activeEvents: () => readActiveEvents(redis, { withinMs: activeMs, most: maxActive }),

    noteActive: (eventId: string) => activity.note(eventId),

    /** What is there to do about an event: entries that nobody has read, and entries that somebody has not acknowledged. */
    async survey(eventId: string): Promise<{ isNew: boolean; isPending: boolean }> {
      const key = outboxKey(eventId);
      const known = await readConsumerGroup(redis, key);
      // A group that was lost with its position begins again.
      if (!known) return { isNew: (await redis.exists(key)) === 1, isPending: false };
      return { isNew: known.lag !== 0, isPending: known.pending > 0 };
    },

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

    /** Takes over up to `count` entries that a task read and never acknowledged; that task has died. */
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

    /** Deletes acknowledged entries older than `beforeMs`, and their notes. Returns how many. */
    async trim(eventId: string, beforeMs: number): Promise<number> {
      const key = outboxKey(eventId);
      const known = await readConsumerGroup(redis, key);
      if (!known) return 0;
      const [, oldestPending] = (await redis.xpending(key, group)) as [number, string | null];
      const keepFromMs = Number((oldestPending ?? known.lastDeliveredId).split('-')[0]);
      const [trimmed] = await Promise.all([
        redis.xtrim(key, 'MINID', String(Math.min(beforeMs, keepFromMs))),
        // Notes decide nothing.
        redis.xtrim(publishedKey(eventId), 'MINID', String(beforeMs)).catch(() => 0),
      ]);
      return trimmed;
    },

    /** Deletes the consumers of relays that ended, none of which has anything pending. Returns how many. */
    async dropIdleConsumers(eventId: string, idleMs = goneAfterMs): Promise<number> {
      const keys = [outboxKey(eventId)];
      const known = await readConsumerGroup(redis, outboxKey(eventId));
      if (!known || known.consumers === 0) return 0;
      const [, dropped] = (await runScript(redis, dropIdleConsumersScript, keys, [group, idleMs])) as [string, number];
      return dropped;
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
