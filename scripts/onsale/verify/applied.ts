import { setTimeout as pause } from 'node:timers/promises';
import type { Database } from '../../../services/shared/database.ts';
import { baseOf, epochOf } from '../../../services/shared/epochs.ts';
import { includes, type Range } from './ranges.ts';

const rowsAtOnce = 20_000;
const maxRanges = 10_000;
const pollMs = 100;

/** By epoch, the last sequence that is known to have been given. */
export type Ends = ReadonlyMap<number, number>;

/** Sequences that MySQL has not applied: how many, and where, as far as `knownUpTo`. */
export type Missing = { count: number; ranges: Range[]; knownUpTo: number; lastApplied: number };

/** True of a sequence that is applied, as far as that is known. */
export const isApplied = ({ ranges, knownUpTo }: Missing, sequence: number) =>
  sequence <= knownUpTo && !includes(ranges, sequence);

/**
 * Which of an event's sequences MySQL lacks: in every epoch from its first one on, without a gap, to its end or to the last that
 * MySQL has; after the last of all ends, what MySQL has may be on its way there. `from` is one before which none is lacking.
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
  /** What is left of this epoch, and whole ones before `epoch`. */
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

/** Looks until no more than `allowed` are missing, or until nothing was applied for `patienceMs`, or `atMostMs` are over. */
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

/** The sequences that MySQL has applied, from `from` on, as ranges that do not touch within what is read at once. */
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
