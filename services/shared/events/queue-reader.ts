import { setTimeout as pause } from 'node:timers/promises';
import type { Message, SQSClient } from '@aws-sdk/client-sqs';
import { Consumer } from 'sqs-consumer';
import type { Logger } from '../telemetry/logger.ts';

export type QueueReader = {
  /** Rejects with the last error if the queue cannot be read. */
  checkQueue(): Promise<void>;
  /** Finishes the current batches, acknowledges them, and stops. */
  stop(): Promise<void>;
};

/** SQS redelivers a message after this; the heartbeat extends it while a batch is in hand. */
export const visibilitySeconds = 30;
const heartbeatSeconds = 10;
const longPollSeconds = 20;
const batchMs = 20_000;
const queueAwayPauseMs = 1_000;

/**
 * Reads a queue with several receivers, each a batch of up to ten messages at a time. `handle` returns the messages to acknowledge; SQS
 * delivers the others again.
 */
export function startQueueReader(options: {
  sqs: SQSClient;
  queueUrl: string;
  receivers: number;
  handle: (messages: Message[]) => Promise<Message[]>;
  logger: Logger;
}): QueueReader {
  const { sqs, queueUrl, handle, logger } = options;
  let stopping = false;
  let queueError: Error | undefined;
  const noteQueueReachable = () => {
    queueError = undefined;
  };
  const receivers = Array.from({ length: options.receivers }, startReceiver);

  return {
    async checkQueue() {
      if (queueError) throw queueError;
    },
    async stop() {
      stopping = true;
      await Promise.all(receivers.map(({ stop }) => stop()));
    },
  };

  function startReceiver() {
    let handling = false;
    const consumer = Consumer.create({
      sqs,
      queueUrl,
      batchSize: 10,
      messageAttributeNames: ['contentEncoding'],
      messageSystemAttributeNames: ['SentTimestamp'],
      waitTimeSeconds: longPollSeconds,
      visibilityTimeout: visibilitySeconds,
      heartbeatInterval: heartbeatSeconds,
      authenticationErrorTimeout: queueAwayPauseMs,
      handleMessageBatch: async (messages) => {
        handling = true;
        return await handle(messages);
      },
    });
    consumer.on('response_processed', () => {
      handling = false;
    });
    consumer.on('error', (error) => {
      if (stopping) return;
      queueError = error;
      logger.warn({ err: error }, 'the queue cannot be read; trying again');
    });
    consumer.on('empty', noteQueueReachable);
    consumer.on('message_received', noteQueueReachable);
    consumer.start();
    return {
      async stop() {
        // Aborting would also break an acknowledgement, so abort only a poll that is waiting for messages.
        consumer.stop({ abort: !handling });
        // The consumer's own pollingCompleteWaitTimeMs looks only once a second.
        const giveUpAtMs = performance.now() + batchMs;
        while (consumer.status.isPolling && performance.now() < giveUpAtMs) await pause(10);
      },
    };
  }
}
