import type { Redis } from 'ioredis';
import { cloudEventJson, type OutboxRecord } from '../../shared/events/domain-events.ts';
import { type OutboxEntry, readEntry } from '../../shared/events/outbox-entry.ts';
import type { PackableDomainEvent } from '../../shared/events/pack.ts';
import { notePublished, type Published } from '../../shared/events/published.ts';
import { createActivity, readActiveEvents } from '../../shared/inventory/active-events.ts';
import { openedEventsKey, outboxKey, publishedKey } from '../../shared/inventory/keys.ts';
import { type ReplicaPolicy, untilReplicated, waitForNoReplica } from '../../shared/inventory/replicas.ts';
import { readConsumerGroup } from '../../shared/stores/consumer-group.ts';
import type { RedisClient } from '../../shared/stores/redis.ts';
import { loadScript, runScript } from '../../shared/stores/script.ts';
import { isSampled } from '../../shared/telemetry/traceparent.ts';
import { isTracing } from '../../shared/telemetry/tracing.ts';

/** The only consumer group: an entry goes to one task, and is pending there until acknowledged. */
const group = 'relay';
/**
 * An entry pending for longer belongs to a task that died, or was refused. With a shorter limit, a slow message would be published
 * twice.
 */
const abandonedAfterMs = 15_000;
/** A relay not seen for this long has ended: a running one reads what its task sells. */
const goneAfterMs = 3_600_000;
/** The limit on active events; if more are selling, the latest ones. */
const maxActive = 1_000;
const activeMs = 60_000;

const dropIdleConsumersScript = loadScript(new URL('lua/drop-idle-consumers.lua', import.meta.url));

export type Outbox = ReturnType<typeof createOutbox>;

/** Entries read from an outbox: their ids, to acknowledge, and their domain events, ready to be packed. */
export type ReadEntries = { ids: string[]; domainEvents: ReadDomainEvent[] };

/** A domain event, and the entry that it is in. */
export type ReadDomainEvent = PackableDomainEvent & { entryId: string };

/** The outboxes of all events, read as the task `consumer`. `replicas`: which of Redis' replicas must have what is published. */
export function createOutbox(
  redis: RedisClient,
  consumer: string,
  { replicas = waitForNoReplica, claimAfterMs = abandonedAfterMs }: { replicas?: ReplicaPolicy; claimAfterMs?: number } = {},
) {
  const activity = createActivity(redis);
  return {
    /** The events whose inventory was ever opened, which are those that can have an outbox. */
    openedEvents: () => redis.smembers(openedEventsKey),

    /** The events with sales within the last minute. */
    activeEvents: () => readActiveEvents(redis, { withinMs: activeMs, most: maxActive }),

    noteActive: (eventId: string) => activity.note(eventId),

    /** Reports whether an event has entries that no task has read, and entries that a task has read but not acknowledged. */
    async survey(eventId: string): Promise<{ isNew: boolean; isPending: boolean }> {
      const key = outboxKey(eventId);
      const known = await readConsumerGroup(redis, key);
      // A lost group starts again from the beginning of the stream.
      if (!known) return { isNew: (await redis.exists(key)) === 1, isPending: false };
      return { isNew: known.lag !== 0, isPending: known.pending > 0 };
    },

    /** Takes up to `count` entries that no task has read yet; they are this task's until acknowledged. */
    async readNew(eventId: string, count: number): Promise<ReadEntries> {
      const read = () => redis.xreadgroup('GROUP', group, consumer, 'COUNT', count, 'STREAMS', outboxKey(eventId), '>');
      const reply = await read().catch(async (error: Error) => {
        if (!error.message.startsWith('NOGROUP')) throw error;
        return (await createGroup(redis, eventId)) ? await read() : null;
      });
      const [stream] = (reply ?? []) as [string, OutboxEntry[]][];
      return readEntriesOf(eventId, stream?.[1] ?? []);
    },

    /** Takes up to `count` entries that this task has read but not acknowledged: the reply to its read may have been lost. */
    async readAgain(eventId: string, count: number): Promise<ReadEntries> {
      const key = outboxKey(eventId);
      const pending = await redis.xpending(key, group, '-', '+', count, consumer).catch(noneWithoutGroup);
      const ids = (pending as [string, ...unknown[]][]).map(([id]) => id);
      // Not XREADGROUP, which would write nothing here: untilSafe waits only for this connection's writes.
      // (TypeScript cannot choose between the overloads that the two kinds of client have.)
      const entries = ids.length > 0 ? await (redis as Redis).xclaim(key, group, consumer, 0, ...ids) : [];
      return readEntriesOf(eventId, entries as OutboxEntry[]);
    },

    /** Takes over up to `count` entries that a task read but never acknowledged, because it died or SNS refused them. */
    async claimAbandoned(eventId: string, count: number): Promise<ReadEntries> {
      const reply = await redis
        .xautoclaim(outboxKey(eventId), group, consumer, claimAfterMs, '0', 'COUNT', count)
        .catch(noneWithoutGroup);
      return readEntriesOf(eventId, (reply[1] ?? []) as OutboxEntry[]);
    },

    /** Resolves once the entries taken can no longer be lost. Throws as untilReplicated does. */
    untilSafe: (eventId: string) => untilReplicated(redis, outboxKey(eventId), replicas),

    /** Acknowledges entries that SNS has accepted, and notes in which messages; they stay in the stream for replays. */
    async acknowledge(eventId: string, ids: string[], messages: Published[] = []): Promise<void> {
      // A full Redis rejects XADD but accepts XACK: losing the note is fine.
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
        // Nothing depends on the notes, so failing to trim them is fine.
        redis.xtrim(publishedKey(eventId), 'MINID', String(beforeMs)).catch(() => 0),
      ]);
      return trimmed;
    },

    /** Deletes the consumers of relays that have ended, if they have nothing pending. Returns how many. */
    async dropIdleConsumers(eventId: string, idleMs = goneAfterMs): Promise<number> {
      const keys = [outboxKey(eventId)];
      const known = await readConsumerGroup(redis, outboxKey(eventId));
      if (!known || known.consumers === 0) return 0;
      const [, dropped] = (await runScript(redis, dropIdleConsumersScript, keys, [group, idleMs])) as [string, number];
      return dropped;
    },
  };
}

/**
 * Reading starts at 0: if a group and its position were lost, entries are published twice rather than never. Returns false if there is no
 * stream: a relay that is woken late must not bring back the outbox of an archived event.
 */
async function createGroup(redis: RedisClient, eventId: string): Promise<boolean> {
  try {
    await redis.xgroup('CREATE', outboxKey(eventId), group, '0');
    return true;
  } catch (error) {
    const { message } = error as Error;
    if (message.includes('requires the key to exist')) return false;
    // Another task created it first.
    if (message.startsWith('BUSYGROUP')) return true;
    throw error;
  }
}

function noneWithoutGroup(error: Error): [] {
  if (error.message.startsWith('NOGROUP')) return [];
  throw error;
}

const readEntriesOf = (eventId: string, entries: OutboxEntry[]): ReadEntries => ({
  ids: entries.map(([id]) => id),
  domainEvents: entries.flatMap((entry) =>
    readEntry(eventId, entry).map((record) => ({ ...packable(record), entryId: entry[0] })),
  ),
});

const packable = (record: OutboxRecord): PackableDomainEvent => ({
  type: record.type,
  sequence: record.sequence,
  json: cloudEventJson(record),
  ...(isTracing() && isSampled(record.traceparent) && { traced: record }),
});
