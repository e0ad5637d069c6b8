import { baseOf, epochOf } from '../../../services/shared/epochs.ts';
import { outboxKey } from '../../../services/shared/keys.ts';
import type { OutboxEntry } from '../../../services/shared/outbox-entry.ts';
import type { RedisClient } from '../../../services/shared/redis.ts';
import { append, type Range } from './ranges.ts';

/** Some megabytes, whether an entry holds one order or the hundreds of a peak. */
const eventsAtOnce = 2_000;
const maxEntriesAtOnce = 1_000;
const maxRanges = 10_000;

/** What an event's outbox retains: its sequences; how often they jump where they must not; and by epoch the last of them. */
export type OutboxReport = { retained: Range[]; jumps: string[]; last: number; ends: Map<number, number> };

/** The entries of an event's outbox, some at a time, in order: those that it has when this begins. */
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

/** The sequences of an entry (outbox-entry.ts). */
function rangeOf(entry: OutboxEntry): Range {
  const first = Number(entry[1][1]);
  return { first, last: first + eventsIn(entry) - 1 };
}

const eventsIn = ([, fields]: OutboxEntry) => (fields.length - 4) / 2;

/** Reads the whole outbox, but for its data. An epoch may follow on another at any number. */
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

/** How many entries of the outbox wait to be published: unread, or read and not acknowledged. */
export async function countUnpublished(redis: RedisClient, eventId: string): Promise<number> {
  const key = outboxKey(eventId);
  if ((await redis.exists(key)) === 0) return 0;
  const [group] = (await redis.xinfo('GROUPS', key)) as (string | number | null)[][];
  if (!group) return await redis.xlen(key);
  const field = (name: string) => group[group.indexOf(name) + 1];
  const pending = Number(field('pending'));
  if (field('lag') !== null) return pending + Number(field('lag'));
  // Redis cannot tell where entries were deleted.
  const unread = await redis.xrange(key, `(${field('last-delivered-id')}`, '+', 'COUNT', 1);
  return pending + unread.length;
}
