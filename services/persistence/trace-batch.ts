import type { Message } from '@aws-sdk/client-sqs';
import { type Attributes, type Span, SpanKind } from '@opentelemetry/api';
import type { DeadLetter } from '../shared/events/fit-letter.ts';
import { messaging } from '../shared/events/messaging.ts';
import { failSpan, isTracing, startSharedSpan, startSpan } from '../shared/telemetry/tracing.ts';
import type { MessageContent } from './read-message.ts';

type BatchTrace = {
  /** Ends the spans. Those of rejected entries are marked as failed; with `error`, all are. */
  end(rejected: DeadLetter[], error?: Error): void;
};

/**
 * Records two spans in the trace of each traced entry of received messages: its wait in the queue, and the time until it is committed
 * or rejected. A shared span for the batch links to those, and they to it. Returns undefined if no entry is traced.
 */
export function traceBatch(messages: Message[], contents: MessageContent[], receivedAtMs: number): BatchTrace | undefined {
  if (!isTracing()) return undefined;
  const spans = new Map<unknown, Span>();
  for (const [at, { domainEvents, rejected }] of contents.entries()) {
    for (const entry of [...domainEvents, ...rejected.map((letter) => letter.entry)]) {
      const span = startSpans(entry, messages[at] ?? {}, receivedAtMs);
      if (span) spans.set(entry, span);
    }
  }
  if (spans.size === 0) return undefined;
  const shared = startSharedSpan(`${messaging.queue} batch`, [...spans.values()], {
    kind: SpanKind.CONSUMER,
    startTime: receivedAtMs,
    attributes: {
      ...queueAttributes('process'),
      'messaging.batch.message_count': messages.length,
      'onsale.events': contents.reduce((sum, { domainEvents }) => sum + domainEvents.length, 0),
    },
  });
  return {
    end(rejected, error) {
      for (const { entry, reason } of rejected) {
        const span = spans.get(entry);
        if (span) failSpan(span, 'dead letter', reason);
      }
      for (const span of [...spans.values(), shared]) {
        if (error) failSpan(span, error.name, error.message);
        span.end();
      }
    },
  };
}

/** Returns the span that lasts until the entry is committed or rejected. A rejected entry may have any shape. */
function startSpans(entry: unknown, { MessageId: messageId = '', Attributes = {} }: Message, receivedAtMs: number) {
  const { traceparent, data } = Object(entry) as { traceparent?: unknown; data?: unknown };
  const attributes = attributesOf(data);
  const sentAtMs = Number(Attributes.SentTimestamp ?? receivedAtMs);
  // The clocks of SQS and this machine may differ.
  const waiting = startSpan(traceparent, `${messaging.queue} receive`, () => ({
    kind: SpanKind.CONSUMER,
    startTime: Math.min(sentAtMs, receivedAtMs),
    attributes: { ...queueAttributes('receive'), 'messaging.message.id': messageId, ...attributes },
  }));
  waiting?.end(receivedAtMs);
  return startSpan(traceparent, 'project', () => ({ startTime: receivedAtMs, attributes }));
}

const queueAttributes = (operation: 'receive' | 'process'): Attributes => ({
  'messaging.system': 'aws_sqs',
  'messaging.operation.name': operation,
  'messaging.operation.type': operation,
  'messaging.destination.name': messaging.queue,
});

function attributesOf(data: unknown): Attributes {
  const { orderId, eventId, sequence } = Object(data) as Record<string, unknown>;
  return {
    ...(typeof orderId === 'string' && { 'onsale.order.id': orderId }),
    ...(typeof eventId === 'string' && { 'onsale.event.id': eventId }),
    ...(typeof sequence === 'number' && { 'onsale.sequence': sequence }),
  };
}
