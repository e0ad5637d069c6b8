import { setTimeout as pause } from 'node:timers/promises';
import type { SQSClient } from '@aws-sdk/client-sqs';
import { readBacklog } from '../../services/shared/outbox-backlog.ts';
import type { RedisClient } from '../../services/shared/redis.ts';
import { queueDepth } from '../local/queue-depth.ts';

/** How far an event's sales have come at some moment (Unix ms). */
export type Sample = {
  at: number;
  /** Domain events that SNS has not accepted yet. */
  unpublished: number;
  /** Messages in the queue, those included that a worker has in hand; a message holds many domain events. */
  queued: number;
  /** Tickets that the query service counts. */
  projected: number;
};

export type Watched = { redis: RedisClient; sqs: SQSClient; queueUrl: string; queryUrl: string; eventId: string };

const sampleMs = 125;

/** Takes a sample eight times a second, until told to stop. What cannot be had at the moment is left for the next. */
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
  if (!answer.ok) throw new Error(`the count was answered with ${answer.status}`);
  return ((await answer.json()) as { count: number }).count;
}
