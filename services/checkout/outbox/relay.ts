import { SpanKind } from '@opentelemetry/api';
import pLimit from 'p-limit';
import { type Rounds, startRounds } from '../../shared/basics/rounds.ts';
import { checkoutEventSource } from '../../shared/events/checkout-events.ts';
import { cloudEventJson } from '../../shared/events/domain-events.ts';
import { messaging } from '../../shared/events/messaging.ts';
import { type PackableDomainEvent, type PackedMessage, packMessages } from '../../shared/events/pack.ts';
import type { Publish } from '../../shared/events/publish.ts';
import { type PublishOutcome, publishPacked } from '../../shared/events/publish-packed.ts';
import type { Database } from '../../shared/stores/database.ts';
import type { Logger } from '../../shared/telemetry/logger.ts';
import { createSampledLog } from '../../shared/telemetry/sampled-log.ts';
import { failSpan, startSpan } from '../../shared/telemetry/tracing.ts';
import { deletePublished, lockOutbox, readWaiting, type WaitingEvent } from './outbox.ts';

type Packable = PackableDomainEvent & { waiting: WaitingEvent };

/** A few hundred fit into one message. Their rows stay locked while they are published, which hinders nobody. */
const eventsAtOnce = 1_000;
const messagesAtOnce = 10;
const defaultPauseMs = 500;

/**
 * Publishes the outbox's domain events and deletes those that SNS has accepted; if the process dies in between, they are published again,
 * with the same ids. Processes take turns (lockOutbox), so those of a checkout are published in order. If SNS refuses one for its content,
 * it stays in the outbox, and the others go on.
 */
export function startRelay(options: {
  db: Database;
  publish: Publish;
  /** Gets the types of the domain events that were accepted. */
  onPublished?: (types: string[]) => void;
  logger: Logger;
  pauseMs?: number;
}): Rounds {
  const { db, publish, onPublished = () => {}, logger, pauseMs = defaultPauseMs } = options;
  const warn = createSampledLog('warn', 'the outbox of checkouts cannot be relayed; trying again');
  const inTurn = pLimit(messagesAtOnce);
  return startRounds({ round, pauseMs, onError: (error) => warn(logger, { err: error }) });

  /** Returns whether there may be more. */
  async function round(): Promise<boolean> {
    // What was accepted is deleted even if something else could not be published.
    const { published, failure } = await db
      .transaction()
      .setIsolationLevel('read committed')
      .execute(async (trx) => {
        if (!(await lockOutbox(trx))) return { published: [], failure: undefined };
        const { outcome, failure: firstFailure } = await publishAll(await readWaiting(trx, eventsAtOnce));
        const accepted = outcome.accepted.flatMap(({ domainEvents }) => domainEvents);
        await deletePublished(
          trx,
          accepted.map(({ sequence }) => sequence),
        );
        return { published: accepted, failure: firstFailure };
      });
    onPublished(published.map(({ type }) => type));
    if (failure !== undefined) throw failure;
    return published.length === eventsAtOnce;
  }

  /** Publishes each event's in order. After a message that SNS did not take, no other is tried: it is probably away. */
  async function publishAll(waiting: WaitingEvent[]): Promise<{ outcome: PublishOutcome<Packable>; failure?: unknown }> {
    const outcome: PublishOutcome<Packable> = { accepted: [], refused: [] };
    const failures: unknown[] = [];
    const byEvent = Object.entries(Object.groupBy(waiting, ({ eventId }) => eventId));
    const messages = byEvent.map(([eventId, ofEvent = []]) => packMessages(eventId, ofEvent.map(packable)));
    const publishInOrder = async (ofEvent: PackedMessage<Packable>[]) => {
      for (const message of ofEvent) if (failures.length === 0) await publishPacked(message, publishTraced, outcome);
    };
    await Promise.all(messages.map((ofEvent) => inTurn(() => publishInOrder(ofEvent).catch((error) => failures.push(error)))));
    for (const { domainEvent, error } of outcome.refused) {
      const { type, sequence: outboxId } = domainEvent;
      const fields = { err: error, type, outboxId };
      logger.error(fields, 'SNS refused a domain event of a checkout for its content; it stays in the outbox');
    }
    return { outcome, failure: failures[0] };
  }

  /** Publishes a message, with a span in the trace of each checkout in it. */
  async function publishTraced(message: PackedMessage<Packable>): Promise<string> {
    const spans = message.domainEvents.flatMap(({ waiting }) => startPublishSpan(waiting) ?? []);
    try {
      const messageId = await publish(message);
      for (const span of spans) span.setAttribute('messaging.message.id', messageId);
      return messageId;
    } catch (error) {
      for (const span of spans) failSpan(span, (error as Error).name, (error as Error).message);
      throw error;
    } finally {
      for (const span of spans) span.end();
    }
  }
}

function packable(waiting: WaitingEvent): Packable {
  const { outboxId, eventId, type, happenedMs, traceparent, data } = waiting;
  const record = { eventId, sequence: outboxId, type, timeMs: happenedMs, data, ...(traceparent && { traceparent }) };
  return { type, sequence: outboxId, json: cloudEventJson(record, checkoutEventSource), waiting };
}

function startPublishSpan({ traceparent, eventId, type, data }: WaitingEvent) {
  return startSpan(traceparent, `${messaging.checkoutTopic} publish`, () => {
    const { checkoutId, orderId } = JSON.parse(data) as { checkoutId: string; orderId?: string };
    return {
      kind: SpanKind.PRODUCER,
      attributes: {
        'messaging.system': 'aws.sns',
        'messaging.operation.name': 'publish',
        'messaging.operation.type': 'send',
        'messaging.destination.name': messaging.checkoutTopic,
        'onsale.checkout.id': checkoutId,
        'onsale.event.id': eventId,
        'onsale.checkout.event': type,
        ...(orderId !== undefined && { 'onsale.order.id': orderId }),
      },
    };
  });
}
