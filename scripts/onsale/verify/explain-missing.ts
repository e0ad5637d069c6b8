import { setTimeout as pause } from 'node:timers/promises';
import { queueDepth } from '../../local/queue-depth.ts';
import { readDeadLetters } from '../dead-letters.ts';
import { readKeptRecords } from '../kept-orders.ts';
import type { System } from '../system.ts';
import { type Ends, findMissing, type Missing } from './applied.ts';
import type { Differences } from './differences.ts';
import { countUnpublished, type OutboxReport } from './outbox.ts';
import { listRanges, type Range, rangesOf, sizeOf, split } from './ranges.ts';

/** Between the outbox, the queue and MySQL a message is, for a moment, in none of what is looked at. */
const looks = 4;

/**
 * From where on the missing sequences are on their way, which they may be while the outbox has something to publish or the queue
 * something to be applied. Else reports them, with where they are: in the dead-letter queue, in the outbox alone, or nowhere.
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
  report(dead.inside, 'in the dead-letter queue: see why, and send back what is there ("onsale redrive")');
  report(retained.inside, `lost on the way, and in the outbox: publish again what is missing ("onsale replay ${eventId}")`);
  const kept: number[] = [];
  if (retained.outside.length > 0) {
    for await (const records of readKeptRecords(redis, eventId, retained.outside)) {
      kept.push(...records.map(({ sequence }) => sequence));
    }
  }
  const inOrders = split(retained.outside, rangesOf(kept));
  report(
    inOrders.inside,
    `lost on the way, and in the orders of Redis: publish again what is missing ("onsale replay ${eventId}")`,
  );
  report(
    inOrders.outside,
    'which is nowhere else: neither in the outbox, nor in the orders of Redis, nor in the dead-letter queue',
  );
  const left = current.count - sizeOf(current.ranges);
  if (left > 0) differences.add('sequences missing', () => `MySQL lacks ${left} domain events more, after ${current.knownUpTo}`);
  return undefined;
}
