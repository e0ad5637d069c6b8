import { GetQueueAttributesCommand, type SQSClient } from '@aws-sdk/client-sqs';

const names = [
  'ApproximateNumberOfMessages',
  'ApproximateNumberOfMessagesNotVisible',
  'ApproximateNumberOfMessagesDelayed',
] as const;

/** A queue's messages: those that wait, those that somebody has in hand, and those that are delayed. SQS may be a minute behind. */
export async function queueDepths(
  sqs: SQSClient,
  QueueUrl: string,
): Promise<{ visible: number; hidden: number; delayed: number }> {
  const { Attributes = {} } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: [...names] }));
  const [visible, hidden, delayed] = names.map((name) => {
    const count = Number(Attributes[name] ?? Number.NaN);
    // What is not told is not zero.
    if (Number.isNaN(count)) throw new Error(`SQS does not tell ${name} of ${QueueUrl}`);
    return count;
  }) as [number, number, number];
  return { visible, hidden, delayed };
}

/** How many messages a queue has, those that are being worked on too. */
export async function queueDepth(sqs: SQSClient, queueUrl: string): Promise<number> {
  const { visible, hidden, delayed } = await queueDepths(sqs, queueUrl);
  return visible + hidden + delayed;
}
