import { setTimeout as pause } from 'node:timers/promises';
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
import { queueDepths } from '../local/queue-depth.ts';

/** As many letters are looked at, and domain events in them remembered. */
const maxLetters = 10_000;
const maxEvents = 200_000;
/** Longer than it takes to look at all of them; if we die meanwhile, others can receive them after this. */
const hiddenSeconds = 120;
const batchSize = 10;

type EventInLetter = { eventId: string; sequence: number; type: string };

/**
 * What is in the dead-letter queue: why, and the domain events in it that can be read. `eventIds` are those of all that is readable as
 * far as that; `unreadable` counts what may be of any event.
 */
export type DeadLetter = {
  messageId: string;
  reason: string;
  events: EventInLetter[];
  eventIds: Set<string>;
  unreadable: number;
};

/**
 * An empty answer of SQS is not an empty queue: it is, once the queue said at `nothings` looks in a row that it has no more than was
 * received. After `looks` looks in all this is given up.
 */
export type Patience = { nothings: number; looks: number; pauseMs: number };
const oneLook: Patience = { nothings: 1, looks: 1, pauseMs: 0 };

/**
 * What the dead-letter queue holds, at most 10,000 letters; they stay where they are. `unseen`: how many more it says that it has,
 * such as those that somebody else has received.
 */
export async function readDeadLetters(
  messaging: Messaging,
  patience = oneLook,
): Promise<{ letters: DeadLetter[]; unseen: number }> {
  const letters = new Map<string, DeadLetter>();
  let events = 0;
  let isRepeated = false;
  const unseen = await forEachLetter(messaging, patience, async (message, messageId) => {
    // One that is there a second time was hidden for too long: it may go on so without an end, and the queue's counts say nothing.
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
 * Sends these letters to the queue, as they were but for their reason, and then deletes them: dying between the two sends one twice,
 * which changes nothing. Others, such as those that come back meanwhile, stay. Returns how many were sent.
 */
export async function sendBack(
  messaging: Messaging,
  letters: Pick<DeadLetter, 'messageId'>[],
  onSent: (sent: number) => void,
): Promise<number> {
  const wanted = new Set(letters.map(({ messageId }) => messageId));
  let sent = 0;
  await forEachLetter(messaging, oneLook, async (message, messageId) => {
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
 * Receives letter after letter, each hidden from others meanwhile, until the queue has no more or `look` says that it is enough.
 * Those that are not gone by then are there again for everybody. Returns how many were not received, as far as the queue says.
 */
async function forEachLetter(
  { sqs, deadLetterQueueUrl: QueueUrl }: Messaging,
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
  // A letter that cannot be read is one thing that may be of any event.
  const entries: unknown[] = Array.isArray(batch) ? batch : [undefined];
  const named = entries.map(eventIdIn).filter((eventId) => eventId !== undefined);
  return {
    messageId,
    reason: textOf(MessageAttributes.reason) ?? 'no worker acknowledged it, however often it was delivered',
    events: entries.flatMap(eventIn),
    eventIds: new Set(named),
    unreadable: entries.length - named.length,
  };
}

const dataOf = (entry: unknown) =>
  Object((Object(entry) as { data?: unknown }).data) as { eventId?: unknown; sequence?: unknown };

function eventIdIn(entry: unknown): string | undefined {
  const { eventId } = dataOf(entry);
  return typeof eventId === 'string' ? eventId : undefined;
}

/** Nothing is certain of what is in the dead-letter queue. */
function eventIn(entry: unknown): EventInLetter[] {
  const { type } = Object(entry) as { type?: unknown };
  const { eventId, sequence } = dataOf(entry);
  if (typeof type !== 'string' || typeof eventId !== 'string' || typeof sequence !== 'number') return [];
  return [{ eventId, sequence, type }];
}
