import { setTimeout as pause } from 'node:timers/promises';
import {
  type Context,
  createContextKey,
  DiagLogLevel,
  diag,
  type Link,
  ROOT_CONTEXT,
  type Span,
  type SpanOptions,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api';
import type { Environment } from './config.ts';
import type { Logger } from './logger.ts';
import { createSampledLog } from './sampled-log.ts';
import { contextOf, isSampled } from './traceparent.ts';

/** How long a process that ends waits for its last spans to be taken: what is not by then is lost. */
const flushMs = 2_000;
/** The SDK drops what a span has more of. */
const maxLinks = 128;

/** Records nothing, and costs next to nothing, until startTracing has a process record. */
export const tracer = trace.getTracer('onsale');

/** Marks the context of a trace that is to be recorded whatever the sampler says. */
export const isDecided = createContextKey('onsale: recorded');
const decidedRoot = ROOT_CONTEXT.setValue(isDecided, true);

let isOn = false;
let rootShare = 0;
/** Whether this process, or thread, records traces at all. */
export const isTracing = () => isOn;

/**
 * Has this process, or thread, record traces and export them as OTLP, where the standard variables (OTEL_*) ask for it, until
 * `resources` end. Otherwise OpenTelemetry's SDK is not even loaded. What goes wrong with exporting is in the log, and hurts nobody.
 */
export async function startTracing(
  service: string,
  at: { logger: Logger; resources: AsyncDisposableStack; environment?: Environment },
): Promise<void> {
  const { logger, resources, environment = process.env } = at;
  if (!isWanted(environment)) return;
  const warn = createSampledLog('warn', 'traces are not exported');
  const tell = (message: string) => warn(logger, { err: new Error(message) });
  diag.setLogger({ error: tell, warn: tell, info() {}, debug() {}, verbose() {} }, DiagLogLevel.WARN);
  const { createTracerProvider, rootShareOf } = await import('./tracer-provider.ts');
  const provider = createTracerProvider(`onsale-${service}`, environment);
  trace.setGlobalTracerProvider(provider);
  rootShare = rootShareOf(environment);
  isOn = true;
  resources.defer(async () => {
    const late = pause(flushMs, 'the last ones were not taken in time', { ref: false });
    const fault = await Promise.race([provider.shutdown().catch((error: Error) => error.message), late]);
    if (fault) tell(fault);
  });
}

/** By the names of https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/; OTLP is all that there is. */
export function isWanted(environment: Environment): boolean {
  const { OTEL_SDK_DISABLED, OTEL_TRACES_EXPORTER } = environment;
  if (OTEL_SDK_DISABLED?.toLowerCase() === 'true') return false;
  if (OTEL_TRACES_EXPORTER) return OTEL_TRACES_EXPORTER.split(',').some((name) => name.trim() === 'otlp');
  return Boolean(environment.OTEL_EXPORTER_OTLP_ENDPOINT || environment.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT);
}

/** A span under what a W3C traceparent names; undefined, at hardly any cost, where that is not sampled, or nothing is recorded. */
export function startSpan(traceparent: unknown, name: string, options: () => SpanOptions): Span | undefined {
  if (!isOn || !isSampled(traceparent)) return undefined;
  const span = tracer.startSpan(name, options(), remoteContext(traceparent));
  return span.isRecording() ? span : undefined;
}

/** Where a request's span begins: the context of its sender, or nobody's; undefined where a trace that begins here is not recorded. */
export function requestContext(traceparent: unknown): Context | undefined {
  if (traceparent !== undefined) return remoteContext(traceparent);
  // Before there is an id, or a span: most are not recorded, and these would cost several times as much as all else here.
  return Math.random() < rootShare ? decidedRoot : undefined;
}

/** The context of who sent a traceparent; of anything else, that of nobody. */
function remoteContext(traceparent: unknown): Context {
  const parent = contextOf(traceparent);
  return parent ? trace.setSpanContext(ROOT_CONTEXT, parent) : ROOT_CONTEXT;
}

/**
 * The span of what was done for several traces at once. It is a root, and recorded as they are (tracer-provider.ts); it links to
 * `members`, as far as the SDK's limit goes, and each of them to it.
 */
export function startSharedSpan(name: string, members: Span[], options: SpanOptions): Span {
  const links: Link[] = members.slice(0, maxLinks).map((span) => ({ context: span.spanContext() }));
  const shared = tracer.startSpan(name, { ...options, links }, ROOT_CONTEXT);
  for (const span of members) span.addLink({ context: shared.spanContext() });
  return shared;
}

/** Marks a span as failed; `type` is low in cardinality, as a class or a code is. */
export function failSpan(span: Span, type: string, message?: string): void {
  span.setAttribute('error.type', type);
  span.setStatus({ code: SpanStatusCode.ERROR, ...(message !== undefined && { message }) });
}
