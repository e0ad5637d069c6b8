import { GetQueueAttributesCommand, type SQSClient } from '@aws-sdk/client-sqs';

const names = [
  'ApproximateNumberOfMessages',
  'ApproximateNumberOfMessagesNotVisible',
  'ApproximateNumberOfMessagesDelayed',
] as const;

/** A queue's messages: waiting (`visible`), received but not deleted (`hidden`), and delayed. SQS may be a minute behind. */
export async function queueDepths(
  sqs: SQSClient,
  QueueUrl: string,
): Promise<{ visible: number; hidden: number; delayed: number }> {
  const { Attributes = {} } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: [...names] }));
  const [visible, hidden, delayed] = names.map((name) => {
    const count = Number(Attributes[name] ?? Number.NaN);
    // A missing count is not zero.
    if (Number.isNaN(count)) throw new Error(`SQS did not return ${name} for ${QueueUrl}`);
    return count;
  }) as [number, number, number];
  return { visible, hidden, delayed };
}

/** How many messages a queue has, including those that are being handled. */
export async function queueDepth(sqs: SQSClient, queueUrl: string): Promise<number> {
  const { visible, hidden, delayed } = await queueDepths(sqs, queueUrl);
  return visible + hidden + delayed;
}
