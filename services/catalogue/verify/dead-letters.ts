import { setTimeout as pause } from 'node:timers/promises';
import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageCommand,
  type Message,
  type MessageAttributeValue,
  ReceiveMessageCommand,
  SendMessageCommand,
} from '@aws-sdk/client-sqs';
import { decodeBatch } from '../../shared/events/batch-encoding.ts';
import { cutFromBytes } from '../../shared/events/fit-letter.ts';
import { queueDepths } from '../../shared/events/queue-depths.ts';
import type { Queues } from '../system.ts';

/** At most this many messages are read, and this many of their domain events kept in memory. */
const maxLetters = 10_000;
const maxEvents = 200_000;
/** Longer than it takes to read all messages. If this process dies meanwhile, others can receive them after this. */
const hiddenSeconds = 120;
const batchSize = 10;

type EventInLetter = { eventId: string; sequence: number; type: string };

/**
 * A message in the dead-letter queue: the reason, and the domain events in it that can be read. `eventIds`: every event that an entry
 * names, even if the rest of the entry cannot be read. `unreadable`: how many entries name none, and may be about any event.
 */
export type DeadLetter = {
  messageId: string;
  reason: string;
  events: EventInLetter[];
  eventIds: Set<string>;
  unreadable: number;
  /** Only the beginning of what was rejected: sent back, it would be rejected again, and its reason lost. */
  isCut: boolean;
};

/**
 * An empty reply from SQS does not prove that the queue is empty. It counts as empty after `nothings` looks in a row whose counts show
 * no more messages than were received. After `looks` looks in all, this gives up.
 */
export type Patience = { nothings: number; looks: number; pauseMs: number };
const oneLook: Patience = { nothings: 1, looks: 1, pauseMs: 0 };

/**
 * Reads at most 10,000 messages in the dead-letter queue, and leaves them there. `unseen`: how many more the queue reports, such as
 * those that another process has received.
 */
export async function readDeadLetters(messaging: Queues, patience = oneLook): Promise<{ letters: DeadLetter[]; unseen: number }> {
  const letters = new Map<string, DeadLetter>();
  let events = 0;
  let isRepeated = false;
  const unseen = await forEachLetter(messaging, patience, async (message, messageId) => {
    // Reading took so long that a message became visible again. This could go on forever, and the queue's counts prove nothing now.
    isRepeated ||= letters.has(messageId);
    if (isRepeated) return { isEnough: true };
    const letter = await readLetter(message, messageId);
    letters.set(messageId, letter);
    events += letter.events.length;
    return { isEnough: letters.size === maxLetters || events >= maxEvents };
  });
  return { letters: [...letters.values()], unseen: isRepeated ? Math.max(1, unseen) : unseen };
}

/**
 * Sends these messages to the main queue, without the attributes that mark a dead letter, and then deletes them here. Dying between the two steps
 * sends one twice, which changes nothing. Others, such as those that arrive meanwhile, stay. Returns how many were sent.
 */
export async function sendBack(
  messaging: Queues,
  letters: Pick<DeadLetter, 'messageId'>[],
  onSent: (sent: number) => void,
): Promise<number> {
  const wanted = new Set(letters.map(({ messageId }) => messageId));
  let sent = 0;
  await forEachLetter(messaging, oneLook, async (message, messageId) => {
    if (!wanted.delete(messageId)) return { isEnough: wanted.size === 0 };
    const { reason: _reason, messageId: _messageId, ...attributes } = message.MessageAttributes ?? {};
    await messaging.sqs.send(
      new SendMessageCommand({ QueueUrl: messaging.queueUrl, MessageBody: message.Body, MessageAttributes: attributes }),
    );
    await messaging.sqs.send(
      new DeleteMessageCommand({ QueueUrl: messaging.deadLetterQueueUrl, ReceiptHandle: message.ReceiptHandle }),
    );
    onSent(++sent);
    return { isGone: true, isEnough: wanted.size === 0 };
  });
  return sent;
}

/**
 * Receives message after message, each hidden from other receivers meanwhile, until the queue has no more or `look` returns
 * `isEnough`. Then makes those that are not gone visible again. Returns how many were not received, by the queue's own counts.
 */
async function forEachLetter(
  { sqs, deadLetterQueueUrl: QueueUrl }: Queues,
  patience: Patience,
  look: (message: Message, messageId: string) => Promise<{ isGone?: true; isEnough: boolean }>,
): Promise<number> {
  const hidden: Pick<Message, 'ReceiptHandle'>[] = [];
  const countUnseen = async () => {
    const depths = await queueDepths(sqs, QueueUrl);
    return depths.visible + depths.delayed + Math.max(0, depths.hidden - hidden.length);
  };
  try {
    let unseen = await countUnseen();
    let [looks, nothings] = [0, 0];
    const isDecided = () => {
      looks++;
      nothings = unseen === 0 ? nothings + 1 : 0;
      return nothings >= patience.nothings || looks >= patience.looks;
    };
    if (unseen === 0 && isDecided()) return 0;
    for (;;) {
      const command = new ReceiveMessageCommand({
        QueueUrl,
        MaxNumberOfMessages: batchSize,
        VisibilityTimeout: hiddenSeconds,
        WaitTimeSeconds: 1,
        MessageAttributeNames: ['All'],
      });
      const { Messages = [] } = await sqs.send(command);
      if (Messages.length === 0) {
        unseen = await countUnseen();
        if (isDecided()) return unseen;
        await pause(patience.pauseMs);
      }
      const receipts = Messages.map(({ ReceiptHandle }) => ({ ReceiptHandle }));
      hidden.push(...receipts);
      for (const [at, message] of Messages.entries()) {
        const outcome = await look(message, message.MessageId ?? '');
        if (outcome.isGone) hidden.splice(hidden.indexOf(receipts[at] ?? {}), 1);
        if (outcome.isEnough) return await countUnseen();
      }
    }
  } finally {
    for (let at = 0; at < hidden.length; at += batchSize) {
      const Entries = hidden
        .slice(at, at + batchSize)
        .map(({ ReceiptHandle }, index) => ({ Id: String(index), ReceiptHandle, VisibilityTimeout: 0 }));
      await sqs.send(new ChangeMessageVisibilityBatchCommand({ QueueUrl, Entries }));
    }
  }
}

async function readLetter({ Body = '', MessageAttributes = {} }: Message, messageId: string): Promise<DeadLetter> {
  const textOf = (attribute: MessageAttributeValue | undefined) => attribute?.StringValue;
  const batch: unknown = await decodeBatch(Body, textOf(MessageAttributes.contentEncoding))
    .then(JSON.parse)
    .catch(() => undefined);
  // A body that cannot be decoded counts as one entry, which may be about any event.
  const entries: unknown[] = Array.isArray(batch) ? batch : [undefined];
  const named = entries.map(eventIdIn).filter((eventId) => eventId !== undefined);
  return {
    messageId,
    reason: textOf(MessageAttributes.reason) ?? 'no worker acknowledged it, although it was delivered repeatedly',
    events: entries.flatMap(eventIn),
    eventIds: new Set(named),
    unreadable: entries.length - named.length,
    isCut: MessageAttributes[cutFromBytes] !== undefined,
  };
}

const dataOf = (entry: unknown) =>
  Object((Object(entry) as { data?: unknown }).data) as { eventId?: unknown; sequence?: unknown };

function eventIdIn(entry: unknown): string | undefined {
  const { eventId } = dataOf(entry);
  return typeof eventId === 'string' ? eventId : undefined;
}

/** Checks everything: the dead-letter queue may contain anything. */
function eventIn(entry: unknown): EventInLetter[] {
  const { type } = Object(entry) as { type?: unknown };
  const { eventId, sequence } = dataOf(entry);
  if (typeof type !== 'string' || typeof eventId !== 'string' || typeof sequence !== 'number') return [];
  return [{ eventId, sequence, type }];
}
