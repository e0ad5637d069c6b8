import { type PackableEvent, packMessages } from '../../services/purchase/outbox/pack.ts';
import { readEntry } from '../../services/shared/outbox-entry.ts';
import { createPublish } from '../../services/shared/publish.ts';
import { cloudEventJson } from '../../services/shared/ticket-events.ts';
import type { System } from './system.ts';
import { type Missing, untilApplied } from './verify/applied.ts';
import { readOutbox, surveyOutbox } from './verify/outbox.ts';
import { includes, listRanges, type Range, sizeOf, split } from './verify/ranges.ts';
import { endsOf, readSequence } from './verify/sequences.ts';

/** As many domain events are packed at once: a few full messages. */
const eventsAtOnce = 5_000;
const defaultPatienceMs = 30_000;
/** What is on its way needs no replay. */
const onTheirWayMs = 1_000;

/**
 * Publishes again what an event's outbox retains and MySQL lacks, and waits until that is applied; broken off, it can be run
 * again. What is still on its way may so come twice, which changes nothing. Rejects where nothing is applied for 30 s.
 */
export async function replayEvent(
  system: System,
  eventId: string,
  say: (line: string) => void,
  patienceMs = defaultPatienceMs,
): Promise<{ published: number }> {
  const { db, redis } = system;
  const sequence = await readSequence(redis, eventId);
  const outbox = await surveyOutbox(redis, eventId);
  const event = await db.selectFrom('events').select('event_id').where('event_id', '=', eventId).executeTakeFirst();
  if (!event && outbox.last === 0) throw new Error(`${eventId} was never opened`);
  const ends = endsOf(sequence, outbox);
  let missing = await untilApplied(db, eventId, ends, { patienceMs: Math.min(onTheirWayMs, patienceMs) });
  let published = 0;
  for (;;) {
    const { inside, outside } = split(missing.ranges, outbox.retained);
    if (outside.length > 0) say(`MySQL lacks ${listRanges(outside)}, which the outbox does not retain`);
    if (inside.length === 0) break;
    const total = published + sizeOf(inside);
    await publishAgain(system, eventId, inside, (events) => {
      published += events;
      say(`${published} of ${total} published`);
    });
    const allowed = missing.count - sizeOf(inside);
    const shown = ({ count }: Missing) => say(`${count - allowed} of them to be applied`);
    missing = await untilApplied(db, eventId, ends, { patienceMs, allowed }, shown);
    if (missing.count > allowed) throw new Error(`${published} published, but not projected: does persistence run?`);
  }
  return { published };
}

async function publishAgain(
  { redis, messaging: { sns, topicArn } }: System,
  eventId: string,
  ranges: Range[],
  onPublished: (events: number) => void,
): Promise<void> {
  const publish = createPublish(sns, topicArn);
  let waiting: PackableEvent[] = [];
  const publishWaiting = async () => {
    for (const message of packMessages(eventId, waiting)) await publish(message);
    if (waiting.length > 0) onPublished(waiting.length);
    waiting = [];
  };
  for await (const entries of readOutbox(redis, eventId)) {
    for (const record of entries.flatMap((entry) => readEntry(eventId, entry))) {
      if (includes(ranges, record.sequence)) {
        waiting.push({ type: record.type, sequence: record.sequence, json: cloudEventJson(record) });
      }
    }
    if (waiting.length >= eventsAtOnce) await publishWaiting();
  }
  await publishWaiting();
}
