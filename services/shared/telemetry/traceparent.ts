import { type SpanContext, TraceFlags } from '@opentelemetry/api';

/** W3C Trace Context, version 00: trace id, parent span id, flags. */
const pattern = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/;

export const isTraceparent = (value: unknown): value is string => typeof value === 'string' && pattern.test(value);

/** Whether a value is a traceparent with the sampled flag. */
export const isSampled = (value: unknown): value is string => contextOf(value)?.traceFlags === TraceFlags.SAMPLED;

/** The span context in a traceparent; undefined for any other value. */
export function contextOf(value: unknown): SpanContext | undefined {
  if (typeof value !== 'string') return undefined;
  const [, traceId, spanId, flags] = pattern.exec(value) ?? [];
  if (traceId === undefined || spanId === undefined || flags === undefined) return undefined;
  return { traceId, spanId, traceFlags: Number.parseInt(flags, 16) & TraceFlags.SAMPLED, isRemote: true };
}

export const traceparentOf = ({ traceId, spanId, traceFlags }: SpanContext): string =>
  `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`;
