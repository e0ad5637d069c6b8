import { setTimeout as pause } from 'node:timers/promises';
import type { Logger } from '../../shared/logger.ts';
import type { Publish } from '../../shared/publish.ts';
import { untilDone } from '../../shared/retry.ts';
import type { Outbox, Taken } from './outbox.ts';
import { type PackedMessage, packMessages } from './pack.ts';
import type { Published } from './published.ts';
import { tracePublishing } from './trace-publishing.ts';

export type Relay = {
  /** Says that the event's outbox has something new. */
  wake(eventId: string): void;
  /** Finishes the batch in hand and stops; what waits is for another task, or the next start. */
  stop(): Promise<void>;
};

/** An entry holds what one script call sold: one order in quiet times, at a peak as many as a call takes (ask-together.ts). */
const entriesAtOnce = 100;
/** How often to look for what other tasks left: the longest that a dead task's unread sales wait. */
const defaultSweepMs = 5_000;
const trimMs = 60_000;
const redisAwayPauseMs = 500;
/**
 * Shortest time between two rounds of publishing. What was quiet is published at once; at a peak this is what lets hundreds of
 * sales share one request, whose cost is mostly its own (signing, building, connections) and not its size.
 */
export const gatherMs = 100;

/**
 * Publishes what the outboxes hold, packed, one batch after another: whatever came during one batch is the next. Entries
 * are acknowledged after SNS has accepted them, so each is published at least once, whenever a task dies.
 */
export function startRelay(options: {
  outbox: Outbox;
  publish: Publish;
  logger: Logger;
  retentionMs: number;
  sweepMs?: number;
}): Relay {
  const { outbox, publish, logger, retentionMs, sweepMs = defaultSweepMs } = options;
  const stopping = new AbortController();
  const awake = new Set<string>();
  let endRest = () => {};
  let nextSweepAt = 0;
  let nextTrimAt = Date.now() + trimMs;

  const finished = run();
  return {
    wake(eventId) {
      awake.add(eventId);
      endRest();
    },
    async stop() {
      stopping.abort();
      endRest();
      await finished;
    },
  };

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      try {
        if (Date.now() >= nextSweepAt) await sweep();
        if (awake.size === 0) await rest();
        else await round();
      } catch (error) {
        if (stopping.signal.aborted) break;
        logger.warn({ err: error }, 'relay interrupted; it goes on by itself');
        await pause(redisAwayPauseMs, undefined, { signal: stopping.signal }).catch(() => {});
      }
    }
  }

  /** Until woken, or until the next sweep is due. */
  function rest(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, Math.max(0, nextSweepAt - Date.now()));
      endRest = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  /** Relays what is new of each event that is awake; where more of one waits, the next round is at once. */
  async function round(): Promise<void> {
    const startedAt = performance.now();
    let moreWaits = false;
    for (const eventId of [...awake]) {
      if (stopping.signal.aborted) return;
      // Before reading: a sale that comes after the read wakes the event again.
      awake.delete(eventId);
      const taken = await outbox.readNew(eventId, entriesAtOnce);
      await relay(eventId, taken);
      if (taken.ids.length === entriesAtOnce) {
        awake.add(eventId);
        moreWaits = true;
      }
    }
    const leftMs = gatherMs - (performance.now() - startedAt);
    if (!moreWaits && leftMs > 0) await pause(leftMs, undefined, { signal: stopping.signal });
  }

  async function sweep(): Promise<void> {
    // First: a sweep that fails comes again in its time, and what is awake goes on meanwhile.
    nextSweepAt = Date.now() + sweepMs;
    const trimNow = Date.now() >= nextTrimAt;
    for (const eventId of await outbox.openedEvents()) {
      if (stopping.signal.aborted) return;
      try {
        await sweepOne(eventId, trimNow);
      } catch (error) {
        if (stopping.signal.aborted) return;
        logger.warn({ err: error, eventId }, 'an outbox cannot be read; the others go on');
      }
    }
    if (trimNow) nextTrimAt = Date.now() + trimMs;
  }

  async function sweepOne(eventId: string, trimNow: boolean): Promise<void> {
    const abandoned = await outbox.claimAbandoned(eventId, entriesAtOnce);
    if (abandoned.ids.length > 0) logger.warn({ eventId, entries: abandoned.ids.length }, 'took over entries of a dead task');
    await relay(eventId, abandoned);
    if (trimNow) await outbox.trim(eventId, Date.now() - retentionMs);
    awake.add(eventId);
  }

  async function relay(eventId: string, { ids, events }: Taken): Promise<void> {
    if (ids.length === 0) return;
    const takenAtMs = Date.now();
    // A replica that is promoted without these would give their numbers to others. Not asked again, for it is this connection that
    // knows: who is first to take them over, when they count as abandoned, asks for itself.
    await outbox.untilSafe(eventId);
    const messages = packMessages(eventId, events);
    const published: Published[] = [];
    for (const message of messages) {
      const messageId = await tracePublishing(message, takenAtMs, () => publishOne(message));
      published.push({ messageId, sequences: message.events.map(({ sequence }) => sequence) });
    }
    await outbox.acknowledge(eventId, ids, published);
    logger.debug({ eventId, messages: messages.length, events: events.length }, 'published');
  }

  /** Until SNS has accepted it, and gives its id; while SNS is away, sales go on and the outbox waits. */
  function publishOne(message: PackedMessage): Promise<string> {
    return untilDone(() => publish(message), {
      isStopping: () => stopping.signal.aborted,
      onFailure: ({ error, attemptNumber }) => logger.warn({ err: error, attemptNumber }, 'publish failed; trying again'),
    });
  }
}
