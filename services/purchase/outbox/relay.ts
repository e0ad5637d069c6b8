import { setTimeout as pause } from 'node:timers/promises';
import type { Logger } from '../../shared/logger.ts';
import { untilDone } from '../../shared/retry.ts';
import type { Outbox } from './outbox.ts';
import { groupPublishes, type PackableEntry, type PackedMessage, packMessages } from './pack.ts';
import type { Publish } from './publish.ts';

export type Relay = {
  /** Says that the event's outbox has something new. */
  wake(eventId: string): void;
  /** Finishes the batch in hand and stops; what waits is for another task, or the next start. */
  stop(): Promise<void>;
};

/** Some ten messages' worth: one PublishBatch. */
const entriesAtOnce = 500;
/** How often to look for what other tasks left: the longest that a dead task's unread sales wait. */
const defaultSweepMs = 5_000;
const trimMs = 60_000;
const redisAwayPauseMs = 500;

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
        const [eventId] = awake;
        if (eventId === undefined) await rest();
        else await relayNew(eventId);
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

  async function relayNew(eventId: string): Promise<void> {
    // Before reading: a sale that comes after the read wakes the event again.
    awake.delete(eventId);
    const entries = await outbox.readNew(eventId, entriesAtOnce);
    await relay(eventId, entries);
    if (entries.length === entriesAtOnce) awake.add(eventId);
  }

  async function sweep(): Promise<void> {
    const trimNow = Date.now() >= nextTrimAt;
    for (const eventId of await outbox.openedEvents()) {
      if (stopping.signal.aborted) return;
      const abandoned = await outbox.claimAbandoned(eventId, entriesAtOnce);
      if (abandoned.length > 0) logger.warn({ eventId, entries: abandoned.length }, 'took over entries of a dead task');
      await relay(eventId, abandoned);
      if (trimNow) await outbox.trim(eventId, Date.now() - retentionMs);
      awake.add(eventId);
    }
    nextSweepAt = Date.now() + sweepMs;
    if (trimNow) nextTrimAt = Date.now() + trimMs;
  }

  async function relay(eventId: string, entries: PackableEntry[]): Promise<void> {
    for (const messages of groupPublishes(packMessages(eventId, entries))) {
      await publishAll(messages);
      const ids = messages.flatMap(({ entryIds }) => entryIds);
      await outbox.acknowledge(eventId, ids);
      logger.debug({ eventId, messages: messages.length, events: ids.length }, 'published');
    }
  }

  /** Until SNS has accepted every message; while SNS is away, sales go on and the outbox waits. */
  async function publishAll(messages: PackedMessage[]): Promise<void> {
    let left = messages;
    const attempt = async () => {
      left = await publish(left);
      if (left.length > 0) throw new Error(`SNS refused ${left.length} of ${messages.length} messages`);
    };
    await untilDone(attempt, {
      isStopping: () => stopping.signal.aborted,
      onFailure: ({ error, attemptNumber }) => logger.warn({ err: error, attemptNumber }, 'publish failed; trying again'),
    });
  }
}
