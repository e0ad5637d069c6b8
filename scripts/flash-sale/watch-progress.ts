import { setTimeout as pause } from 'node:timers/promises';
import type { SQSClient } from '@aws-sdk/client-sqs';
import { readBacklog } from '../../services/shared/events/outbox-backlog.ts';
import { queueDepth } from '../../services/shared/events/queue-depths.ts';
import type { RedisClient } from '../../services/shared/stores/redis.ts';

/** The progress of an event's sales at one moment (`at`, Unix ms). */
export type Sample = {
  at: number;
  /** Domain events that SNS has not accepted yet. */
  unpublished: number;
  /** Messages in the queue, including those that a worker has received; a message holds many domain events. */
  queued: number;
  /** Tickets that the query service counts. */
  projected: number;
};

export type Watched = { redis: RedisClient; sqs: SQSClient; queueUrl: string; queryUrl: string; eventId: string };

const sampleMs = 125;

/** Takes a sample eight times a second until `signal` is aborted. Skips samples that fail. */
export async function watchProgress(watched: Watched, onSample: (sample: Sample) => void, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await takeSample(watched).then(onSample, () => {});
    await pause(sampleMs, undefined, { signal }).catch(() => {});
  }
}

async function takeSample({ redis, sqs, queueUrl, queryUrl, eventId }: Watched): Promise<Sample> {
  const [{ events: unpublished }, queued, projected] = await Promise.all([
    readBacklog(redis, eventId),
    queueDepth(sqs, queueUrl),
    countProjected(queryUrl, eventId),
  ]);
  return { at: Date.now(), unpublished, queued, projected };
}

async function countProjected(queryUrl: string, eventId: string): Promise<number> {
  const answer = await fetch(`${queryUrl}/query/api/v1/tickets/count/${eventId}`, { signal: AbortSignal.timeout(2_000) });
  if (!answer.ok) throw new Error(`the count returned ${answer.status}`);
  return ((await answer.json()) as { count: number }).count;
}
