import { append, type Range } from '../../shared/basics/ranges.ts';
import { baseOf, epochOf } from '../../shared/events/epochs.ts';
import type { OutboxEntry } from '../../shared/events/outbox-entry.ts';
import { outboxKey } from '../../shared/inventory/keys.ts';
import { readConsumerGroup } from '../../shared/stores/consumer-group.ts';
import type { RedisClient } from '../../shared/stores/redis.ts';
import type { Differences } from './report.ts';

/** Some megabytes, whether an entry holds one order or the hundreds of a peak. */
const eventsAtOnce = 2_000;
const maxEntriesAtOnce = 1_000;
const maxRanges = 10_000;

/** The sequence numbers in an event's outbox, jumps between them that must not be there, and the last number, overall and by epoch. */
export type OutboxReport = { retained: Range[]; jumps: string[]; last: number; ends: Map<number, number> };

/** The last sequence number of each epoch that is known to have been assigned. */
export type Ends = ReadonlyMap<number, number>;

/** Yields the entries of an event's outbox in order, in batches: those that it has when this begins. */
export async function* readOutbox(redis: RedisClient, eventId: string): AsyncGenerator<OutboxEntry[]> {
  const [newest] = await redis.xrevrange(outboxKey(eventId), '+', '-', 'COUNT', 1);
  if (!newest) return;
  let from = '-';
  for (let count = 10; ; ) {
    const entries: OutboxEntry[] = await redis.xrange(outboxKey(eventId), from, newest[0], 'COUNT', count);
    const last = entries.at(-1);
    if (!last) return;
    yield entries;
    from = `(${last[0]}`;
    const events = entries.reduce((sum, entry) => sum + eventsIn(entry), 0);
    count = Math.max(1, Math.min(maxEntriesAtOnce, Math.round((entries.length * eventsAtOnce) / events)));
  }
}

/** The sequence numbers of an entry (outbox-entry.ts). */
function rangeOf(entry: OutboxEntry): Range {
  const first = Number(entry[1][1]);
  return { first, last: first + eventsIn(entry) - 1 };
}

const eventsIn = ([, fields]: OutboxEntry) => (fields.length - 4) / 2;

/** Surveys the whole outbox. A new epoch may follow any number of the one before. */
export async function surveyOutbox(redis: RedisClient, eventId: string): Promise<OutboxReport> {
  const report: OutboxReport = { retained: [], jumps: [], last: 0, ends: new Map() };
  for await (const entries of readOutbox(redis, eventId)) {
    for (const range of entries.map(rangeOf)) {
      const { first, last } = range;
      const mayFollow = first === report.last + 1 || first === baseOf(epochOf(first)) + 1 || report.last === 0;
      if (!mayFollow || first <= report.last) report.jumps.push(`${report.last} is followed by ${first}`);
      if (report.retained.length < maxRanges) append(report.retained, range);
      report.last = last;
      report.ends.set(epochOf(last), last);
    }
  }
  return report;
}

/** How many entries of the outbox are not published yet; if Redis cannot count the unread ones, they count as one. */
export async function countUnpublished(redis: RedisClient, eventId: string): Promise<number> {
  const key = outboxKey(eventId);
  const group = await readConsumerGroup(redis, key);
  if (!group) return await redis.xlen(key);
  const { pending, lag, lastDeliveredId } = group;
  if (lag !== null) return pending + lag;
  const unread = await redis.xrange(key, `(${lastDeliveredId}`, '+', 'COUNT', 1);
  return pending + unread.length;
}

/** The last sequence number of each epoch according to Redis' counts or the outbox: either may have lost some. */
export function endsOf(sequence: number, outbox?: OutboxReport): Ends {
  const ends = new Map(outbox?.ends);
  const epoch = epochOf(sequence);
  if (sequence > (ends.get(epoch) ?? 0)) ends.set(epoch, sequence);
  return ends;
}

/** Reports contradictions between the outbox, Redis' last sequence number and MySQL's. `before` was read first, `after` last. */
export function reportSequences(
  eventId: string,
  outbox: OutboxReport,
  { before, after, inMysql }: { before: number; after: number; inMysql: number },
  differences: Differences,
): void {
  for (const jump of outbox.jumps) {
    differences.add('jumps of the outbox', () => `in the outbox, domain event ${jump}: what is missing cannot be replayed`);
  }
  if (before > baseOf(epochOf(before)) && outbox.last < before) {
    const has = outbox.last === 0 ? 'is empty' : `ends at domain event ${outbox.last}`;
    differences.add('outboxes cut off', () => `the outbox ${has}, but Redis is at ${before}: the rest cannot be replayed`);
  }
  const known = Math.max(outbox.last, inMysql);
  if (known > after) {
    const who = inMysql > after ? 'MySQL has applied' : 'the outbox has';
    differences.add(
      'sequences forgotten',
      () =>
        `${who} domain event ${known}, but Redis is at ${after}: Redis has lost sales; to repair: npm run onsale -- rebuild ${eventId}`,
    );
  }
}
