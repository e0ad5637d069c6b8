import type { Message } from '@aws-sdk/client-sqs';
import { decodeBatch } from '../shared/batch-encoding.ts';
import type { Fault } from '../shared/faults.ts';
import { checkTicketEvent, type TicketEvent } from '../shared/ticket-events.ts';

/**
 * A dead letter: a body that can be redriven, why it cannot be applied, and the SQS message that it came in. `contentEncoding` is set
 * if the body is still encoded as it came, and `entry` if the letter is one entry of a batch.
 */
export type Rejected = { messageId: string; body: string; contentEncoding?: string; reason: string; entry?: unknown };

/** `ignored`: the types of domain events that this service does not know. */
export type MessageContent = { events: TicketEvent[]; rejected: Rejected[]; ignored: string[] };

/** Ten times what the relay packs into one message; bounds what a malicious one costs. */
const maxEntries = 10_000;
/** With more bad entries than this, the whole message is one letter: thousands of letters would hold up its neighbours. */
const maxLetters = 100;

/**
 * Returns the domain events of an SQS message, and dead letters for whatever claims to be one of them and is malformed: a bad entry
 * does not spoil its neighbours. Never rejects.
 */
export async function readMessage(message: Message): Promise<MessageContent> {
  try {
    const batch: unknown = JSON.parse(await decodeBatch(message.Body ?? '', encodingOf(message)));
    if (!Array.isArray(batch)) throw new Error('it is something else');
    if (batch.length > maxEntries) return allRejected(message, `has more than ${maxEntries} entries`);
    return sortOut(message, batch);
  } catch {
    return allRejected(message, 'not a CloudEvents batch (a JSON array)');
  }
}

function sortOut(message: Message, batch: unknown[]): MessageContent {
  const content: MessageContent = { events: [], rejected: [], ignored: [] };
  const { events, rejected, ignored } = content;
  for (const entry of batch) {
    const checked = checkTicketEvent(entry);
    if ('event' in checked) events.push(checked.event);
    else if ('unknownType' in checked) ignored.push(checked.unknownType);
    else if ('faults' in checked) rejected.push(letterOf(message, reasonOf(checked.faults), entry));
  }
  if (rejected.length <= maxLetters) return content;
  const reason = `${rejected.length} of ${batch.length} entries are malformed; the first: ${rejected[0]?.reason}`;
  return { ...content, rejected: [wholeLetter(message, reason)] };
}

/** The dead letter of one entry of a message. */
export function letterOf(message: Message, reason: string, entry: unknown): Rejected {
  try {
    return { messageId: message.MessageId ?? '', body: JSON.stringify([entry]), reason, entry };
  } catch {
    // JSON.parse takes any depth of nesting, JSON.stringify does not.
    return wholeLetter(message, reason);
  }
}

function wholeLetter(message: Message, reason: string): Rejected {
  const contentEncoding = encodingOf(message);
  return { messageId: message.MessageId ?? '', body: message.Body ?? '', ...(contentEncoding && { contentEncoding }), reason };
}

const allRejected = (message: Message, reason: string): MessageContent => ({
  events: [],
  rejected: [wholeLetter(message, reason)],
  ignored: [],
});

const encodingOf = ({ MessageAttributes }: Message) => MessageAttributes?.contentEncoding?.StringValue;

const reasonOf = (faults: Fault[]) => faults.map(({ pointer, detail }) => `${pointer || 'the event'} ${detail}`).join('; ');
