import type { BatchMessage } from '../../shared/publish.ts';
import type { OutboxRecord } from '../../shared/ticket-events.ts';

/** A domain event of the outbox, ready to be packed, with its CloudEvent as JSON; `traced` is its record, where its trace is recorded. */
export type PackableEvent = { type: string; sequence: number; json: string; traced?: OutboxRecord };

export type PackedMessage = BatchMessage & { events: PackableEvent[] };

/** SNS: a message has at most 262,144 bytes, attributes included; what they may add here (ids have at most 64 characters). */
const attributeBytes = 512;
const maxMessageBytes = 262_144 - attributeBytes;

/**
 * Packs domain events, in their order, into as few messages as SNS' limit lets: some five hundred orders in each at a peak. One
 * full message, not ten in a batch of the same size: each costs publisher, queue and worker its own handling.
 */
export function packMessages(eventId: string, events: PackableEvent[]): PackedMessage[] {
  const messages: PackedMessage[] = [];
  let group: PackableEvent[] = [];
  let bytes = 0;
  const close = () => {
    if (group.length === 0) return;
    const batch = `[${group.map(({ json }) => json).join(',')}]`;
    const types = [...new Set(group.map(({ type }) => type))];
    messages.push({ eventId, types, count: group.length, json: batch, events: group });
    group = [];
    bytes = 0;
  };
  for (const event of events) {
    // Each brings a comma or a bracket; the last of them brings one more.
    const eventBytes = Buffer.byteLength(event.json) + 1;
    if (bytes + eventBytes + 1 > maxMessageBytes) close();
    group.push(event);
    bytes += eventBytes;
  }
  close();
  return messages;
}
