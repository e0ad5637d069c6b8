import type { Message } from '@aws-sdk/client-sqs';
import { type Attributes, type Span, SpanKind } from '@opentelemetry/api';
import { messaging } from '../shared/resources.ts';
import { failSpan, isTracing, startSharedSpan, startSpan } from '../shared/tracing.ts';
import type { MessageContent, Rejected } from './read-message.ts';

type BatchTrace = {
  /** Ends the spans: what was rejected has failed, by its entry; with an error, all has. */
  end(rejected: Rejected[], error?: Error): void;
};

/**
 * Records, in the trace of each entry of received messages that is traced, how long it waited in the queue, and then how long it
 * takes until it is committed, or rejected; and once for the batch, with links from and to those. Undefined where none is traced.
 */
export function traceBatch(messages: Message[], contents: MessageContent[], receivedAtMs: number): BatchTrace | undefined {
  if (!isTracing()) return undefined;
  const spans = new Map<unknown, Span>();
  for (const [at, { events, rejected }] of contents.entries()) {
    for (const entry of [...events, ...rejected.map((letter) => letter.entry)]) {
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
      'onsale.events': contents.reduce((sum, { events }) => sum + events.length, 0),
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

/** Gives the span that lasts until the entry is committed. Of one that is to be rejected, nothing is certain. */
function startSpans(entry: unknown, { MessageId: messageId = '', Attributes = {} }: Message, receivedAtMs: number) {
  const { traceparent, data } = Object(entry) as { traceparent?: unknown; data?: unknown };
  const attributes = attributesOf(data);
  const sentAtMs = Number(Attributes.SentTimestamp ?? receivedAtMs);
  // By two clocks that may differ: SQS' and this machine's.
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
