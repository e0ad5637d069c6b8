import { SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { type Static, Type } from 'typebox';
import { Compile } from 'typebox/compile';

const Work = Type.Object({
  provider: Type.Enum(['stripe', 'paypal']),
  providerEventId: Type.String({ minLength: 1, maxLength: 128 }),
});

/** A message in the queue: there is a webhook to settle. What it is about is in the inbox. */
export type Work = Static<typeof Work>;

const check = Compile(Work);
const sendMs = 5_000;

export const workText = ({ provider, providerEventId }: Work): string => JSON.stringify({ provider, providerEventId });

/** Reads a message; undefined if it is none of ours. */
export function parseWork(text: string): Work | undefined {
  try {
    const work: unknown = JSON.parse(text);
    return check.Check(work) ? work : undefined;
  } catch {
    return undefined;
  }
}

/** Sends a message. */
export async function sendWork(sqs: SQSClient, queueUrl: string, work: Work): Promise<void> {
  const command = new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: workText(work) });
  await sqs.send(command, { abortSignal: AbortSignal.timeout(sendMs) });
}
