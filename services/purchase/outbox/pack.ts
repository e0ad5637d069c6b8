/** A domain event of the outbox, ready to be packed: its entry's id, its event and its CloudEvent as JSON. */
export type PackableEntry = { id: string; type: string; json: string };

/** One SNS message: a CloudEvents batch of one event's outbox, with the entries that it carries. */
export type PackedMessage = { eventId: string; types: string[]; entryIds: string[]; body: string; bytes: number };

/** SNS: "both the individual message size and the total payload size are 262,144 bytes", attributes included. */
const maxPublishBytes = 262_144;
/** SNS: a PublishBatch holds up to ten messages. */
const maxPublishMessages = 10;
/** What a message's attributes may add (names, types and values; ids have at most 64 characters). */
const attributeBytes = 512;
/** Ten such messages fill one PublishBatch, and the worker, which receives ten at once, then has them all. */
const maxMessageBytes = Math.floor(maxPublishBytes / maxPublishMessages) - attributeBytes;

/** Packs entries, in their order, into as few messages as `maxMessageBytes` lets; an entry above that goes alone. */
export function packMessages(eventId: string, entries: PackableEntry[]): PackedMessage[] {
  const messages: PackedMessage[] = [];
  let group: PackableEntry[] = [];
  let bytes = 0;
  const close = () => {
    if (group.length === 0) return;
    const body = `[${group.map(({ json }) => json).join(',')}]`;
    const types = [...new Set(group.map(({ type }) => type))];
    messages.push({ eventId, types, entryIds: group.map(({ id }) => id), body, bytes: Buffer.byteLength(body) + attributeBytes });
    group = [];
    bytes = 0;
  };
  for (const entry of entries) {
    // Each entry brings a comma or a bracket; the last of them brings one more.
    const entryBytes = Buffer.byteLength(entry.json) + 1;
    if (bytes + entryBytes + 1 > maxMessageBytes) close();
    group.push(entry);
    bytes += entryBytes;
  }
  close();
  return messages;
}

/** Groups messages, in their order, into publishes that respect what SNS takes at once. */
export function groupPublishes(messages: PackedMessage[]): PackedMessage[][] {
  const publishes: PackedMessage[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const message of messages) {
    const last = publishes.at(-1);
    if (!last || last.length === maxPublishMessages || bytes + message.bytes > maxPublishBytes) {
      publishes.push([message]);
      bytes = message.bytes;
    } else {
      last.push(message);
      bytes += message.bytes;
    }
  }
  return publishes;
}
