import { ChangeMessageVisibilityCommand } from '@aws-sdk/client-sqs';
import { request } from 'undici';
import { expect } from 'vitest';
import { visibilitySeconds } from '../../services/shared/events/queue-reader.ts';
import { sqs, urls } from './stores.ts';

/** A living worker acknowledges a message sooner than this; later, the worker is taken for dead. */
const aliveMs = 2_000;

type Inspected = { messages: { inflight: { receiptHandle: string; visibilityDeadline: number }[] } };

/**
 * Makes a queue redeliver the messages that a dead worker received, or a poll whose connection was cut, as it does after the
 * visibility timeout: so that a test need not wait for that. To be called until all messages have arrived, because the emulator also
 * delivers to polls of dead workers, for as long as they would have waited.
 */
export async function redeliverUnacknowledged(queueUrl: string): Promise<void> {
  // Not fetch, whose headers are those of a web page: the emulator serves only requests that look as if an AWS SDK had sent them.
  const headers = { authorization: 'AWS4-HMAC-SHA256 unsigned' };
  const { body } = await request(`${urls.endpoint}/_fauxqs/queues/${queueUrl.split('/').at(-1)}`, { headers });
  const { messages } = (await body.json()) as Inspected;
  for (const { receiptHandle, visibilityDeadline } of messages.inflight) {
    const hiddenMs = visibilityDeadline - Date.now();
    expect(hiddenMs).toBeLessThanOrEqual(visibilitySeconds * 1_000);
    if (hiddenMs > visibilitySeconds * 1_000 - aliveMs) continue;
    const command = { QueueUrl: queueUrl, ReceiptHandle: receiptHandle, VisibilityTimeout: 0 };
    // It may just have been acknowledged.
    await sqs.send(new ChangeMessageVisibilityCommand(command)).catch(() => {});
  }
}
