import { setTimeout as pause } from 'node:timers/promises';
import { listRanges, type Range, rangesOf, sizeOf, split } from '../../../services/shared/basics/ranges.ts';
import { queueDepth } from '../../local/queue-depth.ts';
import { readDeadLetters } from '../dead-letters.ts';
import { readKeptRecords } from '../kept-orders.ts';
import type { System } from '../system.ts';
import { type Ends, findMissing, type Missing } from './applied.ts';
import type { Differences } from './differences.ts';
import { countUnpublished, type OutboxReport } from './outbox.ts';

/** A message that moves between the outbox, the queue and MySQL is seen in none of them for a moment, so look again. */
const looks = 4;

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
