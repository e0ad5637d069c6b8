import { recently } from '../basics/recently.ts';
import { readActiveEvents } from '../inventory/active-events.ts';
import { outboxKey } from '../inventory/keys.ts';
import { readConsumerGroup } from '../stores/consumer-group.ts';
import type { RedisClient } from '../stores/redis.ts';
import { baseOf, epochOf } from './epochs.ts';
import { readEntry } from './outbox-entry.ts';

/** How many domain events SNS has not accepted yet, and how long the oldest of them has waited (0 if there are none). */
export type Backlog = { events: number; oldestSeconds: number };

/** Each event costs one command, and two or three more if it has a backlog. Batches let Redis serve buyers in between. */
const eventsAtOnce = 200;
/** If more events than this sold today, only the latest are read, and the true backlog may be larger. */
const maxEvents = 1_000;
const readEveryMs = 1_000;

/** Returns a function that reads the total backlog of all outboxes, at most once a second. */
export const createBacklogReader = (redis: RedisClient): (() => Promise<Backlog>) =>
  recently(() => readBacklogs(redis), readEveryMs);

async function readBacklogs(redis: RedisClient): Promise<Backlog> {
  const eventIds = await readActiveEvents(redis, { most: maxEvents });
  const all: Backlog = { events: 0, oldestSeconds: 0 };
  for (let at = 0; at < eventIds.length; at += eventsAtOnce) {
    const lot = eventIds.slice(at, at + eventsAtOnce);
    for (const backlog of await Promise.all(lot.map((eventId) => readBacklog(redis, eventId)))) {
      all.events += backlog.events;
      all.oldestSeconds = Math.max(all.oldestSeconds, backlog.oldestSeconds);
    }
  }
  return all;
}

const nothing: Backlog = { events: 0, oldestSeconds: 0 };

/** The backlog of one event: from the first domain event that no relay has acknowledged to the newest. */
export async function readBacklog(redis: RedisClient, eventId: string): Promise<Backlog> {
  const key = outboxKey(eventId);
  const group = await readConsumerGroup(redis, key);
  if (group?.pending === 0 && group.lag === 0) return nothing;
  let from = group ? `(${group.lastDeliveredId}` : '-';
  if (group && group.pending > 0) {
    const [, pendingSince] = (await redis.xpending(key, group.name)) as [number, string | null];
    from = pendingSince ?? from;
  }
  const [[oldest], [newest]] = await Promise.all([
    redis.xrange(key, from, '+', 'COUNT', 1),
    redis.xrevrange(key, '+', from, 'COUNT', 1),
  ]);
  const first = oldest && readEntry(eventId, oldest)[0];
  const last = newest && readEntry(eventId, newest).at(-1);
  if (!first || !last) return nothing;
  return {
    // Counts only the newest epoch: the one before it ends with an empty outbox, so nearly always none of it is waiting.
    events: last.sequence - Math.max(first.sequence, baseOf(epochOf(last.sequence)) + 1) + 1,
    // The two clocks may differ.
    oldestSeconds: Math.max(0, Date.now() - first.timeMs) / 1_000,
  };
}
