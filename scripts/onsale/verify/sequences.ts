import { baseOf, epochOf } from '../../../services/shared/epochs.ts';
import { countsKey } from '../../../services/shared/keys.ts';
import type { RedisClient } from '../../../services/shared/redis.ts';
import type { Ends } from './applied.ts';
import type { Differences } from './differences.ts';
import type { OutboxReport } from './outbox.ts';

/** The sequence that Redis is at; 0 where it has given none. */
export async function readSequence(redis: RedisClient, eventId: string): Promise<number> {
  return Number((await redis.hget(countsKey(eventId), 'sequence')) ?? 0);
}

/** By epoch the last sequence that Redis or its outbox knows of: either may have forgotten some. */
export function endsOf(sequence: number, outbox?: OutboxReport): Ends {
  const ends = new Map(outbox?.ends);
  const epoch = epochOf(sequence);
  if (sequence > (ends.get(epoch) ?? 0)) ends.set(epoch, sequence);
  return ends;
}

/** Reports where the outbox, Redis' count of domain events and MySQL's cannot all be right. `before` was read before all of them. */
export function reportSequences(
  eventId: string,
  outbox: OutboxReport,
  { before, after, inMysql }: { before: number; after: number; inMysql: number },
  differences: Differences,
): void {
  for (const jump of outbox.jumps) {
    differences.add('jumps of the outbox', () => `in the outbox domain event ${jump}: what is between cannot be replayed`);
  }
  if (before > baseOf(epochOf(before)) && outbox.last < before) {
    const has = outbox.last === 0 ? 'is empty' : `ends at domain event ${outbox.last}`;
    differences.add('outboxes cut off', () => `the outbox ${has}, and Redis has numbered ${before}: the rest cannot be replayed`);
  }
  const known = Math.max(outbox.last, inMysql);
  if (known > after) {
    const who = inMysql > after ? 'MySQL has applied' : 'the outbox has';
    differences.add(
      'sequences forgotten',
      () => `${who} domain event ${known}, and Redis is at ${after}: it has forgotten sales ("onsale rebuild ${eventId}")`,
    );
  }
}
