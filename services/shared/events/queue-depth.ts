import { GetQueueAttributesCommand, type QueueAttributeName, type SQSClient } from '@aws-sdk/client-sqs';
import { recently } from '../basics/recently.ts';

/** SQS' estimates of the messages that are waiting, being processed by a worker, and dead. A message contains many domain events. */
export type QueueDepth = { messages: number; inFlight: number; deadLetters: number };

const waiting = 'ApproximateNumberOfMessages';
const inHand = 'ApproximateNumberOfMessagesNotVisible';

const readEveryMs = 1_000;
const responseMs = 1_000;

/** Returns a function that reads the queues' depths, at most once a second; it rejects if SQS does not respond. */
export function createDepthReader(
  sqs: SQSClient,
  { queueUrl, deadLetterQueueUrl }: { queueUrl: string; deadLetterQueueUrl: string },
): () => Promise<QueueDepth> {
  return recently(async () => {
    const [queue, deadLetters] = await Promise.all([
      readAttributes(sqs, queueUrl, [waiting, inHand]),
      readAttributes(sqs, deadLetterQueueUrl, [waiting]),
    ]);
    return { messages: Number(queue[waiting]), inFlight: Number(queue[inHand]), deadLetters: Number(deadLetters[waiting]) };
  }, readEveryMs);
}

async function readAttributes(sqs: SQSClient, QueueUrl: string, AttributeNames: QueueAttributeName[]) {
  const command = new GetQueueAttributesCommand({ QueueUrl, AttributeNames });
  const { Attributes = {} } = await sqs.send(command, { abortSignal: AbortSignal.timeout(responseMs) });
  return Attributes;
}
