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
import type { Logger } from './logger.ts';
import { createSampledLog } from './sampled-log.ts';
import { contextOf, isSampled } from './traceparent.ts';

/** How long a process waits at its end for its last spans to be exported; later ones are lost. */
const flushMs = 2_000;
/** The SDK drops any further links of a span. */
const maxLinks = 128;

/** Records nothing, at almost no cost, until startTracing turns tracing on. */
export const tracer = trace.getTracer('onsale');

/** Marks the context of a trace that must be recorded, whatever the sampler decides. */
const isDecided = createContextKey('onsale: recorded');
const decidedRoot = ROOT_CONTEXT.setValue(isDecided, true);

let isOn = false;
let rootShare = 0;
/** Whether this process or thread records traces at all. */
export const isTracing = () => isOn;

/**
 * Starts recording traces in this process or thread and exporting them as OTLP, until `resources` are disposed, if the standard
 * variables (OTEL_*) ask for it. Otherwise OpenTelemetry's SDK is not even loaded. Export errors are logged, and have no other effect.
 */
export async function startTracing(
  service: string,
  at: { logger: Logger; resources: AsyncDisposableStack; environment?: NodeJS.ProcessEnv },
): Promise<void> {
  const { logger, resources, environment = process.env } = at;
  if (!isWanted(environment)) return;
  const warn = createSampledLog('warn', 'traces are not exported');
  const tell = (message: string) => warn(logger, { err: new Error(message) });
  diag.setLogger({ error: tell, warn: tell, info() {}, debug() {}, verbose() {} }, DiagLogLevel.WARN);
  const { createTracerProvider, rootShareOf } = await import('./tracer-provider.ts');
  const provider = createTracerProvider(`onsale-${service}`, environment, isDecided);
  trace.setGlobalTracerProvider(provider);
  rootShare = rootShareOf(environment);
  isOn = true;
  resources.defer(async () => {
    const late = pause(flushMs, 'the last spans were not exported in time', { ref: false });
    const fault = await Promise.race([provider.shutdown().catch((error: Error) => error.message), late]);
    if (fault) tell(fault);
  });
}

/** Reads the variables of https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/; supports only OTLP. */
export function isWanted(environment: NodeJS.ProcessEnv): boolean {
  const { OTEL_SDK_DISABLED, OTEL_TRACES_EXPORTER } = environment;
  if (OTEL_SDK_DISABLED?.toLowerCase() === 'true') return false;
  if (OTEL_TRACES_EXPORTER) return OTEL_TRACES_EXPORTER.split(',').some((name) => name.trim() === 'otlp');
  return Boolean(environment.OTEL_EXPORTER_OTLP_ENDPOINT || environment.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT);
}

/** Starts a child span of a W3C traceparent. Returns undefined, at almost no cost, if that is not sampled or tracing is off. */
export function startSpan(traceparent: unknown, name: string, options: () => SpanOptions): Span | undefined {
  if (!isOn || !isSampled(traceparent)) return undefined;
  const span = tracer.startSpan(name, options(), remoteContext(traceparent));
  return span.isRecording() ? span : undefined;
}

/** The parent context for a request's span: the sender's, or a new root. Undefined if a trace started here is not recorded. */
export function requestContext(traceparent: unknown): Context | undefined {
  if (traceparent !== undefined) return remoteContext(traceparent);
  // Decided before creating an id or a span: most requests are not recorded, and these cost several times as much as the rest.
  return Math.random() < rootShare ? decidedRoot : undefined;
}

/** The context in a traceparent; the root context for any other value. */
function remoteContext(traceparent: unknown): Context {
  const parent = contextOf(traceparent);
  return parent ? trace.setSpanContext(ROOT_CONTEXT, parent) : ROOT_CONTEXT;
}

/**
 * Starts the span for work shared by several traces. It is a root span, and always recorded (tracer-provider.ts). It links to
 * `members`, up to the SDK's limit, and each of them links to it.
 */
export function startSharedSpan(name: string, members: Span[], options: SpanOptions): Span {
  const links: Link[] = members.slice(0, maxLinks).map((span) => ({ context: span.spanContext() }));
  const shared = tracer.startSpan(name, { ...options, links }, ROOT_CONTEXT);
  for (const span of members) span.addLink({ context: shared.spanContext() });
  return shared;
}

/** Marks a span as failed; `type` must have low cardinality, such as a class or a code. */
export function failSpan(span: Span, type: string, message?: string): void {
  span.setAttribute('error.type', type);
  span.setStatus({ code: SpanStatusCode.ERROR, ...(message !== undefined && { message }) });
}
