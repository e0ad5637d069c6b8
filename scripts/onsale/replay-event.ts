import { readKeptRecords, recordsOf } from '../../services/catalogue/verify/kept-orders.ts';
import { type Missing, untilApplied } from '../../services/catalogue/verify/missing-events.ts';
import { type Ends, endsOf, type OutboxReport, readOutbox, surveyOutbox } from '../../services/catalogue/verify/outbox.ts';
import { readOrders } from '../../services/catalogue/verify/read-redis.ts';
import { includes, listRanges, type Range, rangesOf, sizeOf, split } from '../../services/shared/basics/ranges.ts';
import { countOf, neverOpened } from '../../services/shared/basics/text.ts';
import { cloudEventJson, type OutboxRecord } from '../../services/shared/events/domain-events.ts';
import { epochOf } from '../../services/shared/events/epochs.ts';
import { readEntry } from '../../services/shared/events/outbox-entry.ts';
import { type PackableDomainEvent, packMessages } from '../../services/shared/events/pack.ts';
import { createPublish } from '../../services/shared/events/publish.ts';
import { readEventState } from '../../services/shared/inventory/event-state.ts';
import { readSequence } from '../../services/shared/inventory/inventory.ts';
import type { System } from './system.ts';

/** How many domain events are packed together: a few full messages. */
const eventsAtOnce = 5_000;
const defaultPatienceMs = 30_000;
/** Time for domain events that are on their way, which need no replay. */
const onTheirWayMs = 1_000;

/** How many domain events were published again, and which ones neither MySQL nor Redis has. */
export type Replayed = { published: number; lost: Missing };

/**
 * Publishes again the domain events that MySQL lacks and Redis still has, in the outbox or in its orders, and waits until they are
 * applied. If interrupted, it can be run again. A domain event that is still on its way may arrive twice, which changes nothing. Rejects
 * if nothing is applied for 30 s.
 */
export async function replayEvent(
  system: System,
  eventId: string,
  say: (line: string) => void,
  patienceMs = defaultPatienceMs,
): Promise<Replayed> {
  const { db, redis } = system;
  if ((await readEventState(db, eventId)) === 'archived') {
    throw new Error(`${eventId} is archived: Redis, which a replay reads, has nothing of it.`);
  }
  const outbox = await surveyOutbox(redis, eventId);
  const ends = await findEnds(system, eventId, outbox);
  let missing = await untilApplied(db, eventId, ends, { patienceMs: Math.min(onTheirWayMs, patienceMs) });
  let published = 0;
  for (;;) {
    const { inside, outside } = split(missing.ranges, outbox.retained);
    const publisher = createPublisher(system, eventId, (events) => {
      published += events;
      say(`${countOf(published, 'domain event')} published`);
    });
    if (inside.length > 0) {
      for await (const entries of readOutbox(redis, eventId))
        await publisher.add(
          entries.flatMap((entry) => readEntry(eventId, entry)),
          inside,
        );
    }
    if (outside.length > 0) {
      for await (const records of readKeptRecords(redis, eventId, outside)) await publisher.add(records, outside);
    }
    const sent = await publisher.end();
    if (sent.length === 0) break;
    const allowed = missing.count - sizeOf(sent);
    const shown = ({ count }: Missing) => say(`${countOf(count - allowed, 'domain event')} not applied yet`);
    missing = await untilApplied(db, eventId, ends, { patienceMs, allowed }, shown);
    if (missing.count > allowed)
      throw new Error(
        `${countOf(published, 'domain event')} published, but MySQL has not applied all of them. Is persistence running?`,
      );
  }
  if (missing.count > 0)
    say(`MySQL lacks ${countOf(missing.count, 'domain event')} that Redis does not have either: ${listMissing(missing)}`);
  return { published, lost: missing };
}

/** "3, 7-9, and 5 after these". */
export function listMissing({ count, ranges }: Missing): string {
  const left = count - sizeOf(ranges);
  return left > 0 ? `${listRanges(ranges)}, and ${left} after these` : listRanges(ranges);
}

/** The last known sequence number of each epoch. Orders know those of earlier epochs, and those that Redis' counts have lost. */
async function findEnds({ db, redis }: System, eventId: string, outbox: OutboxReport): Promise<Ends> {
  const sequence = await readSequence(redis, eventId);
  const ends = new Map(endsOf(sequence, outbox));
  if (sequence === 0 || epochOf(sequence) > 0) {
    for await (const kept of readOrders(redis, eventId)) {
      for (const record of kept.flatMap(recordsOf)) {
        const epoch = epochOf(record.sequence);
        ends.set(epoch, Math.max(record.sequence, ends.get(epoch) ?? 0));
      }
    }
  }
  const event = await db.selectFrom('events').select('event_id').where('event_id', '=', eventId).executeTakeFirst();
  if (!event && ends.size === 0) throw neverOpened(eventId);
  return ends;
}

/** Packs and publishes records as they are added. `end` publishes the rest and returns the sequence numbers of all. */
function createPublisher(
  { messaging: { sns, topicArn } }: System,
  eventId: string,
  onPublished: (events: number) => void,
): { add(records: OutboxRecord[], wanted: Range[]): Promise<void>; end(): Promise<Range[]> } {
  const publish = createPublish(sns, topicArn);
  const sent: number[] = [];
  let waiting: PackableDomainEvent[] = [];
  const publishWaiting = async () => {
    for (const message of packMessages(eventId, waiting)) await publish(message);
    if (waiting.length > 0) onPublished(waiting.length);
    sent.push(...waiting.map(({ sequence }) => sequence));
    waiting = [];
  };
  return {
    async add(records, wanted) {
      for (const record of records) {
        if (!includes(wanted, record.sequence)) continue;
        waiting.push({ type: record.type, sequence: record.sequence, json: cloudEventJson(record) });
      }
      if (waiting.length >= eventsAtOnce) await publishWaiting();
    },
    async end() {
      await publishWaiting();
      return rangesOf(sent);
    },
  };
}
