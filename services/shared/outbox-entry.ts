import type { OutboxRecord } from './ticket-events.ts';

/** An entry of an event's outbox, as Redis gives it. */
export type OutboxEntry = [id: string, fields: string[]];

/**
 * The domain events of an entry, which are those of one script call (seats/lua/lib/run.lua). Its fields are `first`, the
 * sequence of the first of them, `time`, when they happened (ms), and then for each its type, with a space and the W3C
 * traceparent where it has one, and its data as JSON.
 */
export function readEntry(eventId: string, [, fields]: OutboxEntry): OutboxRecord[] {
  const [, first, , time, ...events] = fields;
  const records: OutboxRecord[] = [];
  for (let at = 0; at < events.length; at += 2) {
    const [type = '', traceparent] = (events[at] as string).split(' ');
    const record = { eventId, sequence: Number(first) + at / 2, type, timeMs: Number(time), data: events[at + 1] as string };
    records.push(traceparent === undefined ? record : { ...record, traceparent });
  }
  return records;
}
