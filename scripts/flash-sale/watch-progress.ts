import { setTimeout as pause } from 'node:timers/promises';
import { GetQueueAttributesCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { readEntry } from '../../services/purchase/outbox/entry.ts';
import { countsKey, outboxKey } from '../../services/shared/keys.ts';
import type { RedisClient } from '../../services/shared/redis.ts';

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
  const [unpublished, queued, projected] = await Promise.all([
    countUnpublished(redis, eventId),
    countQueued(sqs, queueUrl),
    countProjected(queryUrl, eventId),
  ]);
  return { at: Date.now(), unpublished, queued, projected };
}

/** From the first domain event that no relay has acknowledged to the last that there is: an entry may hold several. */
async function countUnpublished(redis: RedisClient, eventId: string): Promise<number> {
  const key = outboxKey(eventId);
  const [groups, sequence] = await Promise.all([
    redis.xinfo('GROUPS', key).catch(noStreamYet),
    redis.hget(countsKey(eventId), 'sequence'),
  ]);
  const [group] = groups as [name: string, value: string | number][][];
  const flat = (group ?? []).flat();
  const delivered = flat[flat.indexOf('last-delivered-id') + 1];
  const pending = flat[flat.indexOf('pending') + 1];
  let from = group ? `(${delivered}` : '-';
  if (group && pending !== 0) {
    const [, oldest] = (await redis.xpending(key, String(flat[flat.indexOf('name') + 1]))) as [number, string | null];
    from = oldest ?? from;
  }
  const [entry] = await redis.xrange(key, from, '+', 'COUNT', 1);
  const [first] = entry ? readEntry(eventId, entry) : [];
  return first ? Number(sequence) - first.sequence + 1 : 0;
}

function noStreamYet(error: Error): [] {
  if (!error.message.includes('no such key')) throw error;
  return [];
}

async function countQueued(sqs: SQSClient, QueueUrl: string): Promise<number> {
  const names = ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'] as const;
  const { Attributes = {} } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: [...names] }));
  return names.reduce((sum, name) => sum + Number(Attributes[name]), 0);
}

async function countProjected(queryUrl: string, eventId: string): Promise<number> {
  const answer = await fetch(`${queryUrl}/query/api/v1/tickets/count/${eventId}`, { signal: AbortSignal.timeout(2_000) });
  if (!answer.ok) throw new Error(`the count was answered with ${answer.status}`);
  return ((await answer.json()) as { count: number }).count;
}
