import { baseOf, epochOf } from '../../../services/shared/events/epochs.ts';
import type { Ends } from './applied.ts';
import type { Differences } from './differences.ts';
import type { OutboxReport } from './outbox.ts';

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
