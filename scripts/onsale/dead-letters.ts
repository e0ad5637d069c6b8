import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageCommand,
  type Message,
  type MessageAttributeValue,
  ReceiveMessageCommand,
  SendMessageCommand,
} from '@aws-sdk/client-sqs';
import { decodeBatch } from '../../services/shared/batch-encoding.ts';
import type { Messaging } from '../local/messaging.ts';
import { queueDepth } from '../local/queue-depth.ts';

/** As many letters as are looked at, and domain events in them as are remembered. */
const maxLetters = 10_000;
const maxEvents = 200_000;
/** Longer than it takes to look at all of them; who dies meanwhile leaves them to the next after this. */
const hiddenSeconds = 120;
const batchSize = 10;

type EventInLetter = { eventId: string; sequence: number; type: string };

/** What is in the dead-letter queue: why, and the domain events in it that can be read, if only in part. */
export type DeadLetter = { messageId: string; reason: string; events: EventInLetter[] };

/** What the dead-letter queue holds, at most 10,000 letters; they stay where they are. */
export async function readDeadLetters(messaging: Messaging): Promise<DeadLetter[]> {
  const letters = new Map<string, DeadLetter>();
  let events = 0;
  await forEachLetter(messaging, async (message, messageId) => {
    if (letters.has(messageId)) return { isEnough: true };
    const letter = await readLetter(message, messageId);
    letters.set(messageId, letter);
    events += letter.events.length;
    return { isEnough: letters.size === maxLetters || events >= maxEvents };
  });
  return [...letters.values()];
}

/**
 * Sends these letters to the queue, as they were but for their reason, and then deletes them: what dies between the two sends
 * one twice, which changes nothing. Others, such as those that come back meanwhile, stay. Gives how many were sent.
 */
export async function sendBack(
  messaging: Messaging,
  letters: Pick<DeadLetter, 'messageId'>[],
  onSent: (sent: number) => void,
): Promise<number> {
  const wanted = new Set(letters.map(({ messageId }) => messageId));
  let sent = 0;
  await forEachLetter(messaging, async (message, messageId) => {
    if (!wanted.delete(messageId)) return { isEnough: wanted.size === 0 };
    const { reason: _reason, ...attributes } = message.MessageAttributes ?? {};
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
 * Receives letter after letter, each hidden from others meanwhile, until none is left or `look` says that it is enough. What
 * is not gone by then is there again for everybody.
 */
async function forEachLetter(
  { sqs, deadLetterQueueUrl: QueueUrl }: Messaging,
  look: (message: Message, messageId: string) => Promise<{ isGone?: true; isEnough: boolean }>,
): Promise<void> {
  const hidden: Pick<Message, 'ReceiptHandle'>[] = [];
  try {
    for (let isEnough = false; !isEnough; ) {
      if (hidden.length === 0 && (await queueDepth(sqs, QueueUrl)) === 0) return;
      const command = new ReceiveMessageCommand({
        QueueUrl,
        MaxNumberOfMessages: batchSize,
        VisibilityTimeout: hiddenSeconds,
        WaitTimeSeconds: 1,
        MessageAttributeNames: ['All'],
      });
      const { Messages = [] } = await sqs.send(command);
      if (Messages.length === 0) return;
      const receipts = Messages.map(({ ReceiptHandle }) => ({ ReceiptHandle }));
      hidden.push(...receipts);
      for (const [at, message] of Messages.entries()) {
        const outcome = await look(message, message.MessageId ?? '');
        if (outcome.isGone) hidden.splice(hidden.indexOf(receipts[at] ?? {}), 1);
        isEnough = outcome.isEnough;
        if (isEnough) break;
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
  return {
    messageId,
    reason: textOf(MessageAttributes.reason) ?? 'no worker acknowledged it, however often it was delivered',
    events: Array.isArray(batch) ? batch.flatMap(eventIn) : [],
  };
}

/** Nothing is certain of what is in the dead-letter queue. */
function eventIn(entry: unknown): EventInLetter[] {
  const { type, data } = Object(entry) as { type?: unknown; data?: unknown };
  const { eventId, sequence } = Object(data) as { eventId?: unknown; sequence?: unknown };
  if (typeof type !== 'string' || typeof eventId !== 'string' || typeof sequence !== 'number') return [];
  return [{ eventId, sequence, type }];
}
