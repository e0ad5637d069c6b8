import type { Message } from '@aws-sdk/client-sqs';
import type { Fault } from '../shared/basics/faults.ts';
import { decodeBatch } from '../shared/events/batch-encoding.ts';
import { checkDomainEvent, type DomainEvent } from '../shared/events/domain-events.ts';
import type { DeadLetter } from '../shared/events/fit-letter.ts';

/** `ignored`: the type of each domain event that this service does not know. */
export type MessageContent = { domainEvents: DomainEvent[]; rejected: DeadLetter[]; ignored: string[] };

/** Ten times what the relay packs into one message. Bounds the cost of a malicious one. */
const maxEntries = 10_000;
/** If more entries than this are malformed, the whole message is one letter: thousands of letters would delay other messages. */
const maxLetters = 100;

/**
 * Returns an SQS message's domain events, and dead letters for its malformed entries: a bad entry does not affect the others. Never
 * rejects.
 */
export async function readMessage(message: Message): Promise<MessageContent> {
  try {
    const batch: unknown = JSON.parse(await decodeBatch(message.Body ?? '', encodingOf(message)));
    if (!Array.isArray(batch)) throw new Error('not an array');
    if (batch.length > maxEntries) return allRejected(message, `has more than ${maxEntries} entries`);
    return sortOut(message, batch);
  } catch {
    return allRejected(message, 'not a CloudEvents batch (a JSON array)');
  }
}

function sortOut(message: Message, batch: unknown[]): MessageContent {
  const content: MessageContent = { domainEvents: [], rejected: [], ignored: [] };
  const { domainEvents, rejected, ignored } = content;
  for (const entry of batch) {
    const checked = checkDomainEvent(entry);
    if ('domainEvent' in checked) domainEvents.push(checked.domainEvent);
    else if ('unknownType' in checked) ignored.push(checked.unknownType);
    else if ('faults' in checked) rejected.push(letterOf(message, reasonOf(checked.faults), entry));
  }
  if (rejected.length <= maxLetters) return content;
  const reason = `${rejected.length} of ${batch.length} entries are malformed; the first: ${rejected[0]?.reason}`;
  return { ...content, rejected: [wholeLetter(message, reason)] };
}

/** The dead letter for one entry of a message. */
export function letterOf(message: Message, reason: string, entry: unknown): DeadLetter {
  try {
    return { messageId: message.MessageId ?? '', body: JSON.stringify([entry]), reason, entry };
  } catch {
    // JSON.parse accepts any depth of nesting, but JSON.stringify overflows the stack.
    return wholeLetter(message, reason);
  }
}

function wholeLetter(message: Message, reason: string): DeadLetter {
  const contentEncoding = encodingOf(message);
  return { messageId: message.MessageId ?? '', body: message.Body ?? '', ...(contentEncoding && { contentEncoding }), reason };
}

const allRejected = (message: Message, reason: string): MessageContent => ({
  domainEvents: [],
  rejected: [wholeLetter(message, reason)],
  ignored: [],
});

const encodingOf = ({ MessageAttributes }: Message) => MessageAttributes?.contentEncoding?.StringValue;

const reasonOf = (faults: Fault[]) => faults.map(({ pointer, detail }) => `${pointer || 'the entry'} ${detail}`).join('; ');
