import { channel } from 'node:diagnostics_channel';
import type { Message, SQSClient } from '@aws-sdk/client-sqs';
import { Consumer } from 'sqs-consumer';
import type { Logger } from '../shared/logger.ts';
import { untilDone } from '../shared/retry.ts';
import { createSampledLog } from '../shared/sampled-log.ts';
import type { TicketEvent } from '../shared/ticket-events.ts';
import type { Projected } from './projections/project.ts';
import { letterOf, type Rejected, readMessage } from './read-message.ts';
import { traceBatch } from './trace-batch.ts';

export type Worker = {
  /** Rejects with what is wrong when the queue could not be read. */
  checkQueue(): Promise<void>;
  /** Finishes the batches in hand, acknowledges them, and stops. */
  stop(): Promise<void>;
};

/** Hears of every batch once all of it is committed or rejected (BatchApplied). */
export const batchesApplied = channel('onsale:batch-applied');

/**
 * `rejected`: letters that the dead-letter queue took, and `unburied` those that it did not. `ignored`: domain events of unknown types.
 * `ageSeconds`: how long each message had waited when it was received. `delaySeconds`: since the oldest of the domain events happened,
 * by the clocks of SQS, Redis and this machine.
 */
export type BatchApplied = {
  events: number;
  rejected: number;
  unburied: number;
  ignored: number;
  seconds: number;
  ageSeconds: number[];
  delaySeconds?: number;
};

/** A batch that outlives this would come again elsewhere: hence the heartbeat, which renews it while MySQL is away. */
const visibilitySeconds = 30;
const heartbeatSeconds = 10;
const longPollSeconds = 20;
const batchMs = 20_000;
const queueAwayPauseMs = 1_000;

/** Batches in hand at once: while the database writes one, the others are received, checked, made rows of and acknowledged. */
export const batchesAtOnce = 3;

/** Ignoring is right, and still somebody should know; a flood is a line a second. */
const noteIgnored = createSampledLog('info', 'ignored domain events of an unknown type');

/**
 * Reads the queue and applies each received batch of up to ten messages together. A batch is acknowledged after it is committed and
 * its dead letters are buried. While the database is away, a batch is kept in hand and tried again, so that no message comes nearer
 * to the dead-letter queue through no fault of its own. A message whose dead letter could not be buried is not acknowledged: it comes
 * again after its visibility timeout, up to the queue's maxReceiveCount, and holds up nobody.
 */
export function startWorker(options: {
  sqs: SQSClient;
  queueUrl: string;
  project: (events: TicketEvent[]) => Promise<Projected>;
  /** sendDeadLetters: returns those that the dead-letter queue did not take. */
  reject: (rejected: Rejected[]) => Promise<Rejected[]>;
  logger: Logger;
}): Worker {
  const { sqs, queueUrl, project, reject, logger } = options;
  let stopping = false;
  let queueError: Error | undefined;
  const queueAnswers = () => {
    queueError = undefined;
  };
  const receivers = Array.from({ length: batchesAtOnce }, startReceiver);

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
      pollingCompleteWaitTimeMs: batchMs,
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
      logger.warn({ err: error }, 'queue');
    });
    consumer.on('empty', queueAnswers);
    consumer.on('message_received', queueAnswers);
    consumer.start();
    return {
      async stop() {
        const stopped = new Promise((resolve) => consumer.once('stopped', resolve));
        // Aborting also cuts off an acknowledgement, so only a poll that waits for messages is aborted.
        consumer.stop({ abort: !handling });
        await stopped;
      },
    };
  }

  /** Returns the messages to acknowledge. */
  async function handle(messages: Message[]): Promise<Message[]> {
    const receivedAtMs = Date.now();
    const read = await Promise.all(messages.map(readMessage));
    const traced = traceBatch(messages, read, receivedAtMs);
    const origins = new Map(read.flatMap(({ events }, at) => events.map((event) => [event, messages[at] ?? {}])));
    const events = [...origins.keys()];
    const ignored = read.flatMap((message) => message.ignored);
    if (ignored.length > 0) noteIgnored(logger, { types: [...new Set(ignored)].slice(0, 10) });
    const startedAt = performance.now();
    let poison: Rejected[];
    try {
      poison = await persistently(() => applyAll(events, origins));
    } catch (error) {
      traced?.end([], error as Error);
      throw error;
    }
    const rejected = [...read.flatMap((message) => message.rejected), ...poison];
    traced?.end(rejected);
    const unburied = rejected.length > 0 ? await reject(rejected) : [];
    const ms = performance.now() - startedAt;
    logger.info({ messages: messages.length, events: events.length, ms: Math.round(ms) }, 'batch applied');
    const ageOf = ({ Attributes }: Message) =>
      Math.max(0, receivedAtMs - Number(Attributes?.SentTimestamp ?? receivedAtMs)) / 1_000;
    const soldAt = events.reduce((oldest, { time }) => Math.min(oldest, Date.parse(time)), Date.now());
    batchesApplied.publish({
      events: events.length,
      rejected: rejected.length - unburied.length,
      unburied: unburied.length,
      ignored: ignored.length,
      seconds: ms / 1_000,
      ageSeconds: messages.map(ageOf),
      ...(events.length > 0 && { delaySeconds: Math.max(0, Date.now() - soldAt) / 1_000 }),
    } satisfies BatchApplied);
    const kept = new Set(unburied.map(({ messageId }) => messageId));
    return messages.filter(({ MessageId = '' }) => !kept.has(MessageId));
  }

  /**
   * Applies what can be applied, and returns letters for the rest. Halves a batch until it has found what the database refuses for its
   * content. `origins`: each event's message.
   */
  async function applyAll(events: TicketEvent[], origins: Map<TicketEvent, Message>): Promise<Rejected[]> {
    if (events.length === 0) return [];
    const letter = (reason: string) => (event: TicketEvent) => letterOf(origins.get(event) ?? {}, reason, event);
    try {
      const { conflicts, clashes } = await project(events);
      if (conflicts > 0) logger.warn({ conflicts }, 'seats sold twice, unless cancellations are yet to come; see seat_conflicts');
      return clashes.map(letter('its sequence was applied for another order'));
    } catch (error) {
      if (!isDataRefused(error)) throw error;
      if (events.length === 1) return events.map(letter((error as Error).message));
      const middle = events.length >> 1;
      return [...(await applyAll(events.slice(0, middle), origins)), ...(await applyAll(events.slice(middle), origins))];
    }
  }

  function persistently<T>(attempt: () => Promise<T>): Promise<T> {
    return untilDone(attempt, {
      isStopping: () => stopping,
      onFailure: ({ error, attemptNumber }) => logger.warn({ err: error, attemptNumber }, 'batch not applied; trying again'),
    });
  }
}

/** SQLSTATE classes 22 (data exception) and 23 (integrity constraint): the fault is in the row, and will stay there. */
function isDataRefused(error: unknown): boolean {
  return /^2[23]/.test((error as { sqlState?: string }).sqlState ?? '');
}
