import { type Attributes, type Span, SpanKind } from '@opentelemetry/api';
import type { OutboxRecord } from '../../shared/events/domain-events.ts';
import { messaging } from '../../shared/events/messaging.ts';
import type { PackedMessage } from '../../shared/events/pack.ts';
import { failSpan, startSharedSpan, startSpan } from '../../shared/telemetry/tracing.ts';

/**
 * Publishes a message, and records spans in the trace of each traced domain event in it: one for its wait in the outbox, until
 * `takenAtMs`, and one until SNS has accepted it. A shared span for the message links to those, and they to it.
 */
export async function tracePublishing(
  message: PackedMessage,
  takenAtMs: number,
  publish: () => Promise<string>,
): Promise<string> {
  const spans = message.domainEvents.flatMap(({ traced }) => (traced && startSpans(traced, message, takenAtMs)) ?? []);
  if (spans.length === 0) return await publish();
  const shared = startSharedSpan(`${messaging.topic} message`, spans, {
    kind: SpanKind.PRODUCER,
    attributes: { ...messageAttributes(message), 'onsale.event.id': message.eventId },
  });
  const all = [shared, ...spans];
  try {
    const messageId = await publish();
    for (const span of all) span.setAttribute('messaging.message.id', messageId);
    return messageId;
  } catch (error) {
    for (const span of all) failSpan(span, (error as Error).name, (error as Error).message);
    throw error;
  } finally {
    for (const span of all) span.end();
  }
}

/** Records the wait in the outbox. Returns the span that lasts until the event is published. */
function startSpans(record: OutboxRecord, message: PackedMessage, takenAtMs: number): Span | undefined {
  const { orderId } = JSON.parse(record.data) as { orderId: string };
  const attributes: Attributes = {
    'onsale.order.id': orderId,
    'onsale.event.id': record.eventId,
    'onsale.sequence': record.sequence,
  };
  // The two times come from clocks that may differ: Redis' and this machine's.
  const waiting = startSpan(record.traceparent, 'outbox', () => ({ startTime: record.timeMs, attributes }));
  waiting?.end(Math.max(record.timeMs, takenAtMs));
  return startSpan(record.traceparent, `${messaging.topic} publish`, () => ({
    kind: SpanKind.PRODUCER,
    attributes: { ...messageAttributes(message), ...attributes },
  }));
}

const messageAttributes = ({ domainEvents }: PackedMessage): Attributes => ({
  'messaging.system': 'aws.sns',
  'messaging.operation.name': 'publish',
  'messaging.operation.type': 'send',
  'messaging.destination.name': messaging.topic,
  'messaging.batch.message_count': domainEvents.length,
});
