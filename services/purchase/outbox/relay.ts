import { setTimeout as pause } from 'node:timers/promises';
import pLimit from 'p-limit';
import { untilDone } from '../../shared/basics/retry.ts';
import { startTour } from '../../shared/basics/tour.ts';
import { type PackedMessage, packMessages } from '../../shared/events/pack.ts';
import { isRefusedBySns, type Publish } from '../../shared/events/publish.ts';
import { type PublishOutcome, publishPacked } from '../../shared/events/publish-packed.ts';
import type { Logger } from '../../shared/telemetry/logger.ts';
import { createSampledLog } from '../../shared/telemetry/sampled-log.ts';
import type { Outbox, ReadDomainEvent, ReadEntries } from './outbox.ts';
import { tracePublishing } from './trace-publishing.ts';

export type Relay = {
  /** Tells the relay that the event's outbox has new entries. */
  wake(eventId: string): void;
  /** Finishes the current batches and stops; the rest is left to another task, or to the next start. */
  stop(): Promise<void>;
};

/** An entry holds the sales of one script call: one order in quiet times, a full call's at a peak (script-queue.ts). */
const entriesAtOnce = 100;
/** How often to look for entries that other tasks left: a dead task's sales wait at most this long if their event sold recently. */
const defaultSweepMs = 5_000;
const tidyMs = 60_000;
const failurePauseMs = 500;
/**
 * The shortest time between two rounds of publishing an event. After a quiet time, a sale is published immediately. At a peak, this lets
 * hundreds of sales share one request, whose cost is mostly fixed (signing, building, connections) whatever its size.
 */
export const gatherMs = 100;

/** Bounds memory: each event being relayed has up to 100 entries in it. */
const swiftEvents = 32;
/** Events that failed last time, for example because their shard hangs, have a lane of their own, so that others need not wait. */
const slowEvents = 4;

/**
 * Publishes the outboxes' domain events, packed, each event separately: entries that arrive during one batch form the next. Entries
 * are acknowledged after SNS has accepted them, so each is published at least once, whenever a task dies. If SNS
 * refuses a domain event for its content, its entry stays pending and is retried once it counts as abandoned; nothing else waits.
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
  const { signal } = stopping;
  /** The events being followed, and whether each has new entries. */
  const followed = new Map<string, { isAwake: boolean }>();
  const following = new Set<Promise<void>>();
  const swift = pLimit(swiftEvents);
  const slow = pLimit(slowEvents);
  const warn = createSampledLog('warn', 'an outbox cannot be relayed; the others go on');
  const warnOfPublishing = createSampledLog('warn', 'publish failed; trying again');
  const onError = (error: unknown) => warn(logger, { err: error });
  const tours = [
    startTour({ list: outbox.activeEvents, visit, roundMs: sweepMs, onError }),
    startTour({ list: outbox.openedEvents, visit, roundMs: sweepMs, onError }),
    startTour({ list: outbox.openedEvents, visit: tidy, roundMs: tidyMs, onError }),
  ];

  return {
    wake,
    async stop() {
      stopping.abort();
      await Promise.all([...tours.map((tour) => tour.stop()), ...following]);
    },
  };

  function wake(eventId: string): void {
    const known = followed.get(eventId);
    if (known) known.isAwake = true;
    if (known || signal.aborted) return;
    const state = { isAwake: true };
    followed.set(eventId, state);
    const finished = follow(eventId, state).finally(() => following.delete(finished));
    following.add(finished);
  }

  /** Relays an event until it has nothing new. */
  async function follow(eventId: string, state: { isAwake: boolean }): Promise<void> {
    let lane = swift;
    while (state.isAwake && !signal.aborted) {
      const startedAt = performance.now();
      // Before reading: a sale that comes after the read wakes the event again.
      state.isAwake = false;
      try {
        const isRetry = lane === slow;
        const hasMore = await lane(() => relayNew(eventId, isRetry));
        state.isAwake ||= hasMore;
        lane = swift;
        if (!hasMore) await rest(gatherMs - (performance.now() - startedAt));
      } catch (error) {
        if (signal.aborted) break;
        warn(logger, { err: error, eventId });
        state.isAwake = true;
        lane = slow;
        await rest(failurePauseMs);
      }
    }
    followed.delete(eventId);
  }

  async function rest(ms: number): Promise<void> {
    if (ms > 0) await pause(ms, undefined, { signal }).catch(() => {});
  }

  /**
   * Relays entries that no task has read yet. On a retry, it first relays those that this task has read but not acknowledged. Returns
   * whether there may be more.
   */
  async function relayNew(eventId: string, isRetry: boolean): Promise<boolean> {
    if (signal.aborted) return false;
    if (isRetry) await relay(eventId, await outbox.readAgain(eventId, entriesAtOnce));
    const taken = await outbox.readNew(eventId, entriesAtOnce);
    await relay(eventId, taken);
    return taken.ids.length === entriesAtOnce;
  }

  /** Relays entries that nobody has acknowledged for a while: their task died, or SNS refused them. */
  async function visit(eventId: string): Promise<void> {
    const { isNew, isPending } = await outbox.survey(eventId);
    if (isNew || isPending) outbox.noteActive(eventId);
    if (isNew) wake(eventId);
    if (!isPending || signal.aborted) return;
    const abandoned = await outbox.claimAbandoned(eventId, entriesAtOnce);
    if (abandoned.ids.length > 0)
      logger.warn(
        { eventId, entries: abandoned.ids.length },
        'relaying entries again that were never acknowledged: their task died, or SNS refused them',
      );
    await relay(eventId, abandoned);
  }

  async function tidy(eventId: string): Promise<void> {
    await outbox.trim(eventId, Date.now() - retentionMs);
    await outbox.dropIdleConsumers(eventId);
  }

  async function relay(eventId: string, { ids, domainEvents }: ReadEntries): Promise<void> {
    if (ids.length === 0) return;
    const takenAtMs = Date.now();
    // A replica promoted without these entries would reuse their sequence numbers. A failure is not retried here: WAIT covers only
    // this connection, and claiming the entries again, in this task or another, is a write that the next call waits for.
    await outbox.untilSafe(eventId);
    const messages = packMessages(eventId, domainEvents);
    const outcome: PublishOutcome<ReadDomainEvent> = { accepted: [], refused: [] };
    const publishTraced = (message: PackedMessage) => tracePublishing(message, takenAtMs, () => publishOne(message));
    for (const message of messages) await publishPacked(message, publishTraced, outcome);
    for (const { domainEvent, error } of outcome.refused) {
      const fields = { err: error, eventId, sequence: domainEvent.sequence, entry: domainEvent.entryId };
      logger.error(fields, 'SNS refused a domain event for its content; it stays in the outbox');
    }
    const unpublished = new Set(outcome.refused.map(({ domainEvent }) => domainEvent.entryId));
    const accepted = ids.filter((id) => !unpublished.has(id));
    const published = outcome.accepted.map((message) => ({
      messageId: message.messageId,
      sequences: message.domainEvents.map(({ sequence }) => sequence),
    }));
    if (accepted.length > 0) await outbox.acknowledge(eventId, accepted, published);
    logger.debug({ eventId, messages: messages.length, events: domainEvents.length }, 'published');
  }

  /**
   * Retries until SNS has accepted the message, or refused it for its content. Returns its id. While SNS is unreachable, sales go on
   * and the outbox waits.
   */
  function publishOne(message: PackedMessage): Promise<string> {
    return untilDone(() => publish(message), {
      isStopping: () => signal.aborted,
      isFinal: isRefusedBySns,
      onFailure: ({ error, attemptNumber }) => warnOfPublishing(logger, { err: error, attemptNumber }),
    });
  }
}
