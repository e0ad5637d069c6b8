import { SendMessageBatchCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { Logger } from '../telemetry/logger.ts';
import type { DeadLetter } from './fit-letter.ts';
import { cutFromBytes, cutLetter, fitLetter, type Sendable } from './fit-letter.ts';
import { messaging } from './messaging.ts';

/** SQS accepts up to ten messages in a batch, and limits their total size as it limits that of one message. */
const maxBatch = 10;
/** How much of a refused letter is sent: well below the limit of an older queue (256 KiB). */
const refusedBytes = 64 * 1024;
/** How long a dead-letter queue that does not respond can block a receiver. */
const sendMs = 5_000;
const loggedCharacters = 1_000;

/** Errors about a request's content, not about the queue. */
const refusals = new Set(['BatchRequestTooLong', 'InvalidMessageContents', 'InvalidParameterValue']);

type Letter = { rejected: DeadLetter; sendable: Sendable };

/**
 * Sends dead letters to the dead-letter queue, each as its own message, with its reason and its message's id as attributes, and logs them.
 * Truncates a letter that SQS refuses, and sends it again. Returns the letters that the queue did not accept, because it refused even that
 * or is away. The caller must not acknowledge their messages, so that SQS's own redrive moves them. Never rejects.
 */
export async function sendDeadLetters(
  sqs: SQSClient,
  queueUrl: string,
  rejected: DeadLetter[],
  logger: Logger,
): Promise<DeadLetter[]> {
  const letters: Letter[] = [];
  for (const one of rejected) letters.push({ rejected: one, sendable: await fitLetter(one) });
  const left = new Set(rejected);
  let failure: unknown;
  try {
    for (const batch of batchesOf(letters)) {
      for (const refused of await send(batch)) {
        await send([{ rejected: refused, sendable: cutLetter(refused, refusedBytes) }]);
      }
    }
  } catch (error) {
    failure = error;
  }
  for (const { reason, messageId, body } of left) {
    const fields = { err: failure, reason, messageId, bytes: Buffer.byteLength(body) };
    logger.error(fields, 'the dead-letter queue did not accept a letter; its message is left for SQS to move');
  }
  return [...left];

  /** Returns the letters that SQS refused for their content. Rejects on any other failure. */
  async function send(batch: Letter[]): Promise<DeadLetter[]> {
    const Entries = batch.map(({ sendable: { body, attributes } }, index) => ({
      Id: String(index),
      MessageBody: body,
      MessageAttributes: attributes,
    }));
    const command = new SendMessageBatchCommand({ QueueUrl: queueUrl, Entries });
    try {
      const { Failed = [] } = await sqs.send(command, { abortSignal: AbortSignal.timeout(sendMs) });
      failure = Failed[0] ?? failure;
      const failed = new Map(Failed.map((one) => [Number(one.Id), one]));
      for (const [index, letter] of batch.entries()) if (!failed.has(index)) noteAccepted(letter);
      return batch.flatMap(({ rejected: one }, index) => (failed.get(index)?.SenderFault ? [one] : []));
    } catch (error) {
      if (!refusals.has((error as Error).name)) throw error;
      failure = error;
      if (batch.length === 1) return batch.map((letter) => letter.rejected);
      const refused: DeadLetter[] = [];
      for (const letter of batch) refused.push(...(await send([letter])));
      return refused;
    }
  }

  function noteAccepted({ rejected: one, sendable }: Letter): void {
    left.delete(one);
    const { reason, messageId, body } = one;
    const cut = sendable.attributes[cutFromBytes]?.StringValue;
    const fields = { reason, messageId, body: body.slice(0, loggedCharacters), ...(cut !== undefined && { cutFromBytes: cut }) };
    logger.error(fields, 'dead letter');
  }
}

/** Groups letters into batches within SQS's limits for count and bytes. */
function batchesOf(letters: Letter[]): Letter[][] {
  const batches: Letter[][] = [];
  let bytes = 0;
  for (const letter of letters) {
    const batch = batches.at(-1);
    bytes += letter.sendable.bytes;
    if (batch && batch.length < maxBatch && bytes <= messaging.maxMessageBytes) batch.push(letter);
    else {
      batches.push([letter]);
      bytes = letter.sendable.bytes;
    }
  }
  return batches;
}
