import type { OutboxRecord } from './domain-events.ts';
import type { BatchMessage } from './publish.ts';

/** A domain event from the outbox, ready to be packed; `json` is its CloudEvent, `traced` its record if its trace is recorded. */
export type PackableDomainEvent = { type: string; sequence: number; json: string; traced?: OutboxRecord };

export type PackedMessage<Packed = PackableDomainEvent> = BatchMessage & { domainEvents: Packed[] };

/** An SNS message has at most 262,144 bytes, including its attributes; ours need at most this many (ids have at most 64 characters). */
const attributeBytes = 512;
const maxMessageBytes = 262_144 - attributeBytes;

/**
 * Packs domain events, in order, into as few messages as SNS' limit allows: some five hundred orders in each at a peak. One full
 * message is cheaper than a batch of ten with the same total size, because publisher, queue and worker handle each message.
 */
export function packMessages<Packed extends PackableDomainEvent>(
  eventId: string,
  domainEvents: Packed[],
): PackedMessage<Packed>[] {
  const messages: PackedMessage<Packed>[] = [];
  let group: Packed[] = [];
  let bytes = 0;
  const close = () => {
    if (group.length === 0) return;
    const batch = `[${group.map(({ json }) => json).join(',')}]`;
    const types = [...new Set(group.map(({ type }) => type))];
    messages.push({ eventId, types, count: group.length, json: batch, domainEvents: group });
    group = [];
    bytes = 0;
  };
  for (const domainEvent of domainEvents) {
    // Each adds a comma or a bracket; the last one adds another.
    const ownBytes = Buffer.byteLength(domainEvent.json) + 1;
    if (bytes + ownBytes + 1 > maxMessageBytes) close();
    group.push(domainEvent);
    bytes += ownBytes;
  }
  close();
  return messages;
}
