import { SendMessageBatchCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { Logger } from '../shared/logger.ts';
import { messaging } from '../shared/resources.ts';
import { cutFromBytes, cutLetter, fitLetter, type Sendable } from './fit-letter.ts';
import type { Rejected } from './read-message.ts';

/** SQS: a SendMessageBatch holds up to ten messages, which together are no longer than one may be. */
const maxBatch = 10;
/** How much is tried of a letter that the queue refused: well below any limit that an older queue may still have. */
const refusedBytes = 64 * 1024;
/** A dead-letter queue that does not answer holds up a receiver no longer than this. */
const sendMs = 5_000;
const loggedCharacters = 1_000;

/** Errors about what a request holds, and not about the queue. */
const refusals = new Set(['BatchRequestTooLong', 'InvalidMessageContents', 'InvalidParameterValue']);

type Letter = { rejected: Rejected; sendable: Sendable };

/**
 * Puts dead letters into the dead-letter queue, each alone, with its reason and its message's id as attributes, and logs them. One that
 * SQS refuses is sent again, cut. Returns the letters that the queue did not take, because it refused even that or is away: their
 * messages must not be acknowledged, so that SQS's own redrive moves them in the end. Does not reject.
 */
export async function sendDeadLetters(
  sqs: SQSClient,
  queueUrl: string,
  rejected: Rejected[],
  logger: Logger,
): Promise<Rejected[]> {
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
    logger.error(fields, 'the dead-letter queue did not take a letter; its message is left for SQS to move');
  }
  return [...left];

  /** Returns the letters that SQS refused for what they are. Rejects if it is away, or refuses whatever is sent. */
  async function send(batch: Letter[]): Promise<Rejected[]> {
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
      for (const [index, letter] of batch.entries()) if (!failed.has(index)) noteTaken(letter);
      return batch.flatMap(({ rejected: one }, index) => (failed.get(index)?.SenderFault ? [one] : []));
    } catch (error) {
      if (!refusals.has((error as Error).name)) throw error;
      failure = error;
      if (batch.length === 1) return batch.map((letter) => letter.rejected);
      const refused: Rejected[] = [];
      for (const letter of batch) refused.push(...(await send([letter])));
      return refused;
    }
  }

  function noteTaken({ rejected: one, sendable }: Letter): void {
    left.delete(one);
    const { reason, messageId, body } = one;
    const cut = sendable.attributes[cutFromBytes]?.StringValue;
    const fields = { reason, messageId, body: body.slice(0, loggedCharacters), ...(cut !== undefined && { cutFromBytes: cut }) };
    logger.error(fields, 'dead letter');
  }
}

/** Batches that are within SQS's limits of count and bytes. */
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
