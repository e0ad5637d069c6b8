import type { OutboxRecord } from './domain-events.ts';

/** An entry of an event's outbox, as Redis returns it. */
export type OutboxEntry = [id: string, fields: string[]];

/**
 * The domain events in an entry, all from one script call (inventory/lua/lib/event.lua). The entry's fields are `first` (the sequence number
 * of the first domain event), `time` (when they happened, ms), then a pair for each: its type, followed by a space and the W3C
 * traceparent if there is one, and its data as JSON.
 */
export function readEntry(eventId: string, [, fields]: OutboxEntry): OutboxRecord[] {
  const [, first, , time, ...pairs] = fields;
  const records: OutboxRecord[] = [];
  for (let at = 0; at < pairs.length; at += 2) {
    const [type = '', traceparent] = (pairs[at] as string).split(' ');
    const record = { eventId, sequence: Number(first) + at / 2, type, timeMs: Number(time), data: pairs[at + 1] as string };
    records.push(traceparent === undefined ? record : { ...record, traceparent });
  }
  return records;
}
