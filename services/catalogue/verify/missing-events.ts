import { setTimeout as pause } from 'node:timers/promises';
import { includes, listRanges, type Range, rangesOf, sizeOf, split } from '../../shared/basics/ranges.ts';
import { baseOf, epochOf } from '../../shared/events/epochs.ts';
import { queueDepth } from '../../shared/events/queue-depths.ts';
import type { Database } from '../../shared/stores/database.ts';
import type { System } from '../system.ts';
import { readDeadLetters } from './dead-letters.ts';
import { readKeptRecords } from './kept-orders.ts';
import { countUnpublished, type Ends, type OutboxReport } from './outbox.ts';
import type { Differences } from './report.ts';

const rowsAtOnce = 20_000;
const maxRanges = 10_000;
const pollMs = 100;
/** A message that moves between the outbox, the queue and MySQL is seen in none of them for a moment, so look again. */
const looks = 4;

/** Sequence numbers that MySQL has not applied: how many, and which, up to `knownUpTo`. */
export type Missing = { count: number; ranges: Range[]; knownUpTo: number; lastApplied: number };

/** True if a sequence number is known to be applied. */
export const isApplied = ({ ranges, knownUpTo }: Missing, sequence: number) =>
  sequence <= knownUpTo && !includes(ranges, sequence);

/**
 * Finds an event's sequence numbers that MySQL lacks. In each epoch, MySQL must have every number from the first one to the epoch's
 * end, or to the last that it has if that is later. Numbers after the last of all ends are not missing: they may be on their way.
 * `from`: none before it is missing.
 */
export async function findMissing(db: Database, eventId: string, ends: Ends, from = 1): Promise<Missing> {
  const missing: Missing = { count: 0, ranges: [], knownUpTo: Number.POSITIVE_INFINITY, lastApplied: from - 1 };
  const lastEnd = ends.size > 0 ? Math.max(...ends.values()) : Number.POSITIVE_INFINITY;
  const lack = (first: number, until: number) => {
    const last = Math.min(until, lastEnd);
    if (first > last) return;
    missing.count += last - first + 1;
    if (missing.ranges.length < maxRanges) missing.ranges.push({ first, last });
    else missing.knownUpTo = Math.min(missing.knownUpTo, first - 1);
  };
  let expected = from;
  /** Notes what is missing in the rest of this epoch and in those between it and `epoch`. */
  const goOnTo = (epoch: number) => {
    for (let at = epochOf(expected); at < epoch; at = epochOf(expected)) {
      lack(expected, ends.get(at) ?? 0);
      const next = [...ends.keys()].filter((other) => other > at && other < epoch).toSorted((a, b) => a - b)[0];
      expected = baseOf(next ?? epoch) + 1;
    }
  };
  for await (const { first, last } of readAppliedRuns(db, eventId, from)) {
    goOnTo(epochOf(first));
    lack(expected, first - 1);
    expected = last + 1;
    missing.lastApplied = last;
  }
  const lastEpoch = Math.max(epochOf(expected), ...ends.keys());
  goOnTo(lastEpoch);
  lack(expected, ends.get(lastEpoch) ?? 0);
  return missing;
}

/** Polls until no more than `allowed` are missing, nothing was applied for `patienceMs`, or `atMostMs` have passed. */
export async function untilApplied(
  db: Database,
  eventId: string,
  ends: Ends,
  wait: { patienceMs: number; atMostMs?: number; from?: number; allowed?: number },
  onProgress: (missing: Missing) => void = () => {},
): Promise<Missing> {
  const { patienceMs, atMostMs = Number.POSITIVE_INFINITY, from = 1, allowed = 0 } = wait;
  const startedAt = performance.now();
  let progressAt = startedAt;
  let missing = await findMissing(db, eventId, ends, from);
  while (missing.count > allowed && performance.now() < Math.min(progressAt + patienceMs, startedAt + atMostMs)) {
    await pause(pollMs);
    const next = await findMissing(db, eventId, ends, missing.ranges[0]?.first);
    if (next.count < missing.count) {
      progressAt = performance.now();
      onProgress(next);
    }
    missing = next;
  }
  return missing;
}

/** Yields the sequence numbers that MySQL has applied, from `from` on, as ranges. Ranges of different reads may touch. */
async function* readAppliedRuns(db: Database, eventId: string, from: number): AsyncGenerator<Range> {
  for (let next = from; ; ) {
    const rows = await db
      .selectFrom('order_events')
      .select('sequence')
      .where('event_id', '=', eventId)
      .where('sequence', '>=', next)
      .orderBy('sequence')
      .limit(rowsAtOnce)
      .execute();
    let run: Range | undefined;
    for (const { sequence } of rows) {
      if (run && sequence === run.last + 1) run.last = sequence;
      else {
        if (run) yield run;
        run = { first: sequence, last: sequence };
      }
    }
    if (run) yield run;
    if (rows.length < rowsAtOnce || !run) return;
    next = run.last + 1;
  }
}

/**
 * Returns the first missing sequence number if the missing domain events may be on their way: the outbox has something to publish, or
 * the queue something to apply. Otherwise reports them with where they are: in the dead-letter queue, only in Redis, or nowhere.
 */
export async function explainMissing(
  { db, redis, messaging }: System,
  eventId: string,
  { missing, ends, outbox, lookMs }: { missing: Missing; ends: Ends; outbox: OutboxReport; lookMs: number },
  differences: Differences,
): Promise<{ from: number } | undefined> {
  let current = missing;
  for (let look = 0; look < looks && current.count > 0; look++) {
    const unpublished = await countUnpublished(redis, eventId);
    const queued = await queueDepth(messaging.sqs, messaging.queueUrl);
    if (unpublished + queued > 0) return { from: current.ranges[0]?.first ?? 1 };
    await pause(lookMs);
    current = await findMissing(db, eventId, ends, current.ranges[0]?.first);
  }
  if (current.count === 0) return undefined;

  const letters = (await readDeadLetters(messaging)).letters.flatMap(({ events }) =>
    events.filter((event) => event.eventId === eventId),
  );
  const dead = split(current.ranges, rangesOf(letters.map(({ sequence }) => sequence)));
  const retained = split(dead.outside, outbox.retained);
  const report = (ranges: Range[], what: string) => {
    if (ranges.length === 0) return;
    const size = sizeOf(ranges);
    const events = size === 1 ? 'domain event' : `${size.toLocaleString('en-US')} domain events:`;
    differences.add('sequences missing', () => `MySQL lacks ${events} ${listRanges(ranges)}, ${what}`);
  };
  report(dead.inside, 'in the dead-letter queue; to see why and send them back: npm run onsale -- redrive');
  report(retained.inside, `lost on the way, but still in the outbox; to publish again: npm run onsale -- replay ${eventId}`);
  const kept: number[] = [];
  if (retained.outside.length > 0) {
    for await (const records of readKeptRecords(redis, eventId, retained.outside)) {
      kept.push(...records.map(({ sequence }) => sequence));
    }
  }
  const inOrders = split(retained.outside, rangesOf(kept));
  report(
    inOrders.inside,
    `lost on the way, but still in the orders in Redis; to publish again: npm run onsale -- replay ${eventId}`,
  );
  report(inOrders.outside, 'found nowhere else: neither in the outbox, nor in the orders in Redis, nor in the dead-letter queue');
  const left = current.count - sizeOf(current.ranges);
  if (left > 0) differences.add('sequences missing', () => `MySQL lacks ${left} more domain events after ${current.knownUpTo}`);
  return undefined;
}
