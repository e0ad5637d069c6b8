import type { OutboxRecord } from '../../../services/shared/events/domain-events.ts';
import { type OutboxEntry, readEntry } from '../../../services/shared/events/outbox-entry.ts';
import { outboxKey } from '../../../services/shared/inventory/keys.ts';
import { readConsumerGroup } from '../../../services/shared/stores/consumer-group.ts';
import type { RedisClient } from '../../../services/shared/stores/redis.ts';

/** A domain event in the outbox: its entry, when Redis appended it, how many domain events are in it, and its state. */
export type FoundEntry = { id: string; atMs: number; events: number; record: OutboxRecord; state: EntryState };

/** `taken`: a relay (`by`) read it `agoMs` ago, and SNS has not accepted it yet. */
type EntryState = { kind: 'unread' } | { kind: 'taken'; by: string; agoMs: number } | { kind: 'acknowledged' };

const entriesAtOnce = 100;

/** Finds the entry of a domain event that happened at `happenedMs`. Returns undefined if the outbox no longer has it. */
export async function findEntry(
  redis: RedisClient,
  eventId: string,
  { sequence, happenedMs }: { sequence: number; happenedMs: number },
): Promise<FoundEntry | undefined> {
  for (let from = String(happenedMs); ; ) {
    const entries: OutboxEntry[] = await redis.xrange(outboxKey(eventId), from, '+', 'COUNT', entriesAtOnce);
    for (const entry of entries) {
      const records = readEntry(eventId, entry);
      const record = records.find((one) => one.sequence === sequence);
      if (record) return await foundEntry(redis, eventId, { id: entry[0], events: records.length, record });
      // Entries are in order, so it cannot come later.
      if ((records[0]?.sequence ?? 0) > sequence) return undefined;
    }
    const last = entries.at(-1);
    if (!last) return undefined;
    from = `(${last[0]}`;
  }
}

async function foundEntry(
  redis: RedisClient,
  eventId: string,
  found: Pick<FoundEntry, 'id' | 'events' | 'record'>,
): Promise<FoundEntry> {
  const { id } = found;
  return { ...found, atMs: Number(id.split('-')[0]), state: await stateOf(redis, outboxKey(eventId), id) };
}

async function stateOf(redis: RedisClient, key: string, id: string): Promise<EntryState> {
  const group = await readConsumerGroup(redis, key);
  if (!group || isLater(id, group.lastDeliveredId)) return { kind: 'unread' };
  const pending = (await redis.xpending(key, group.name, id, id, 1)) as [string, string, number, number][];
  const [taken] = pending;
  return taken ? { kind: 'taken', by: taken[1], agoMs: taken[2] } : { kind: 'acknowledged' };
}

/** True if a stream's id is later than another. An id is a time in milliseconds and a counter. */
function isLater(id: string, other: string): boolean {
  const [ms = 0, count = 0] = id.split('-').map(Number);
  const [otherMs = 0, otherCount = 0] = other.split('-').map(Number);
  return ms > otherMs || (ms === otherMs && count > otherCount);
}
