import { channel } from 'node:diagnostics_channel';
import type { Message, SQSClient } from '@aws-sdk/client-sqs';
import { untilDone } from '../shared/basics/retry.ts';
import type { DomainEvent } from '../shared/events/domain-events.ts';
import type { DeadLetter } from '../shared/events/fit-letter.ts';
import { type QueueReader, startQueueReader } from '../shared/events/queue-reader.ts';
import type { Logger } from '../shared/telemetry/logger.ts';
import { createSampledLog } from '../shared/telemetry/sampled-log.ts';
import type { Projected } from './projections/project.ts';
import { letterOf, readMessage } from './read-message.ts';
import { traceBatch } from './trace-batch.ts';

/** Publishes a BatchApplied once a whole batch is committed or rejected. */
export const batchesApplied = channel('onsale:batch-applied');

/**
 * `rejected`: dead letters that the dead-letter queue accepted; `unburied`: those that it did not. `ignored`: domain events of unknown
 * types. `ageSeconds`: how long each message had waited when it was received. `delaySeconds`: the time since the oldest domain event.
 * The ages compare the clocks of SQS, Redis and this machine.
 */
export type BatchApplied = {
  domainEvents: number;
  rejected: number;
  unburied: number;
  ignored: number;
  seconds: number;
  ageSeconds: number[];
  delaySeconds?: number;
};

/** Concurrent batches: while the database writes one, the others are received, checked, turned into rows or acknowledged. */
export const batchesAtOnce = 3;

/**
 * Reads the queue, and applies each received batch of up to ten messages together. Acknowledges a batch after its commit, and after its
 * dead letters were sent. While the database is away, retries the batch without releasing it, so that good messages do not use up their
 * receive count. A message whose dead letter was not accepted is not acknowledged: SQS redelivers it after the visibility timeout, up to
 * the queue's maxReceiveCount. Other messages do not wait for it.
 */
export function startWorker(options: {
  sqs: SQSClient;
  queueUrl: string;
  project: (domainEvents: DomainEvent[]) => Promise<Projected>;
  /** sendDeadLetters; returns the letters that the dead-letter queue did not accept. */
  reject: (rejected: DeadLetter[]) => Promise<DeadLetter[]>;
  logger: Logger;
}): QueueReader {
  const { sqs, queueUrl, project, reject, logger } = options;
  /** Ignoring them is right, but an operator may want to know. Sampled: at most a line a second. */
  const noteIgnored = createSampledLog('info', 'ignored domain events of an unknown type');
  let stopping = false;
  const reader = startQueueReader({ sqs, queueUrl, receivers: batchesAtOnce, handle, logger });

  return {
    checkQueue: reader.checkQueue,
    async stop() {
      stopping = true;
      await reader.stop();
    },
  };

  /** Returns the messages to acknowledge. */
  async function handle(messages: Message[]): Promise<Message[]> {
    const receivedAtMs = Date.now();
    const read = await Promise.all(messages.map(readMessage));
    const traced = traceBatch(messages, read, receivedAtMs);
    const origins = new Map(read.flatMap(({ domainEvents: found }, at) => found.map((one) => [one, messages[at] ?? {}])));
    const domainEvents = [...origins.keys()];
    const ignored = read.flatMap((message) => message.ignored);
    if (ignored.length > 0) noteIgnored(logger, { types: [...new Set(ignored)].slice(0, 10) });
    const startedAt = performance.now();
    let refused: DeadLetter[];
    try {
      refused = await persistently(() => applyAll(domainEvents, origins));
    } catch (error) {
      traced?.end([], error as Error);
      throw error;
    }
    const rejected = [...read.flatMap((message) => message.rejected), ...refused];
    traced?.end(rejected);
    const unburied = rejected.length > 0 ? await reject(rejected) : [];
    const ms = performance.now() - startedAt;
    logger.info({ messages: messages.length, events: domainEvents.length, ms: Math.round(ms) }, 'batch applied');
    const ageOf = ({ Attributes }: Message) =>
      Math.max(0, receivedAtMs - Number(Attributes?.SentTimestamp ?? receivedAtMs)) / 1_000;
    const soldAt = domainEvents.reduce((oldest, { time }) => Math.min(oldest, Date.parse(time)), Date.now());
    batchesApplied.publish({
      domainEvents: domainEvents.length,
      rejected: rejected.length - unburied.length,
      unburied: unburied.length,
      ignored: ignored.length,
      seconds: ms / 1_000,
      ageSeconds: messages.map(ageOf),
      ...(domainEvents.length > 0 && { delaySeconds: Math.max(0, Date.now() - soldAt) / 1_000 }),
    } satisfies BatchApplied);
    const kept = new Set(unburied.map(({ messageId }) => messageId));
    return messages.filter(({ MessageId = '' }) => !kept.has(MessageId));
  }

  /**
   * Applies domain events, and returns dead letters for those that cannot be applied. If the database rejects the data, halves the batch
   * until the offending one is found. `origins`: each domain event's message.
   */
  async function applyAll(domainEvents: DomainEvent[], origins: Map<DomainEvent, Message>): Promise<DeadLetter[]> {
    if (domainEvents.length === 0) return [];
    const letter = (reason: string) => (domainEvent: DomainEvent) =>
      letterOf(origins.get(domainEvent) ?? {}, reason, domainEvent);
    try {
      const { conflicts, clashes } = await project(domainEvents);
      if (conflicts > 0)
        logger.warn({ conflicts }, 'seats sold twice, unless their cancellations are still to arrive; see seat_conflicts');
      return clashes.map(letter('its sequence number was already applied for another order'));
    } catch (error) {
      if (!isDataRefused(error)) throw error;
      if (domainEvents.length === 1) return domainEvents.map(letter((error as Error).message));
      const middle = domainEvents.length >> 1;
      return [
        ...(await applyAll(domainEvents.slice(0, middle), origins)),
        ...(await applyAll(domainEvents.slice(middle), origins)),
      ];
    }
  }

  function persistently<T>(attempt: () => Promise<T>): Promise<T> {
    return untilDone(attempt, {
      isStopping: () => stopping,
      onFailure: ({ error, attemptNumber }) => logger.warn({ err: error, attemptNumber }, 'batch not applied; trying again'),
    });
  }
}

/** SQLSTATE classes 22 (data exception) and 23 (integrity constraint): the row itself is at fault, so retrying cannot help. */
function isDataRefused(error: unknown): boolean {
  return /^2[23]/.test((error as { sqlState?: string }).sqlState ?? '');
}
