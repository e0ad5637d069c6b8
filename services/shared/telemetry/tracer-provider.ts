import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { threadId } from 'node:worker_threads';
import { SamplingDecision as Decision, diag } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { defaultResource, detectResources, envDetector, resourceFromAttributes } from '@opentelemetry/resources';
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  BatchSpanProcessor,
  type IdGenerator,
  ParentBasedSampler,
  type Sampler,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace';

/**
 * OpenTelemetry's SDK, configured by the standard variables. It reads OTEL_EXPORTER_OTLP_*, OTEL_RESOURCE_ATTRIBUTES and
 * OTEL_SERVICE_NAME by itself; the sampler and the batches must be passed to it. `isDecided` is the key that marks a context whose
 * trace must be recorded.
 */
export function createTracerProvider(serviceName: string, environment: NodeJS.ProcessEnv, isDecided: symbol): TracerProvider {
  const resource = defaultResource()
    .merge(
      resourceFromAttributes({
        'service.name': serviceName,
        'service.instance.id': [hostname(), process.pid, threadId || 'main'].join('-'),
      }),
    )
    .merge(detectResources({ detectors: [envDetector] }));
  const exporter = new OTLPTraceExporter();
  return new TracerProvider({
    resource,
    sampler: withDecided(samplerOf(environment), isDecided),
    idGenerator: createIds(),
    spanProcessors: [new BatchSpanProcessor({ exporter, ...batchesOf(environment) })],
  });
}

const poolBytes = 4_096;

/** Cuts ids from a pool of random digits. Generating each separately was most of the cost of a request that is not recorded. */
function createIds(): IdGenerator {
  let digits = '';
  let used = 0;
  const next = (length: number) => {
    if (used + length > digits.length) {
      digits = randomBytes(poolBytes).toString('hex');
      used = 0;
    }
    used += length;
    return digits.slice(used - length, used);
  };
  return { generateTraceId: () => next(32), generateSpanId: () => next(16) };
}

/**
 * Records what was already decided (`isDecided`), and all work shared by several recorded traces, which alone starts with links. Leaves
 * everything else to `sampler`.
 */
function withDecided(sampler: Sampler, isDecided: symbol): Sampler {
  return {
    shouldSample: (context, traceId, name, kind, attributes, links) =>
      links.length > 0 || context.getValue(isDecided) === true
        ? { decision: Decision.RECORD_AND_SAMPLED }
        : sampler.shouldSample(context, traceId, name, kind, attributes, links),
    toString: () => sampler.toString(),
  };
}

type Root = { sampler: Sampler; share: number };

const alwaysOn = (): Root => ({ sampler: new AlwaysOnSampler(), share: 1 });

const roots = new Map<string, (ratio: number) => Root>([
  ['always_on', alwaysOn],
  ['always_off', () => ({ sampler: new AlwaysOffSampler(), share: 0 })],
  ['traceidratio', (ratio) => ({ sampler: new TraceIdRatioBasedSampler(ratio), share: ratio })],
]);

/** The sampler set by OTEL_TRACES_SAMPLER and OTEL_TRACES_SAMPLER_ARG. If that is missing or invalid: parent-based, else every trace. */
export function samplerOf(environment: NodeJS.ProcessEnv): Sampler {
  const { root, isParentBased } = readSampling(environment);
  return isParentBased ? new ParentBasedSampler({ root: root.sampler }) : root.sampler;
}

/** The share of traces started here that the same variables ask to record, from 0 to 1. */
export const rootShareOf = (environment: NodeJS.ProcessEnv): number => readSampling(environment).root.share;

function readSampling({ OTEL_TRACES_SAMPLER: name = '', OTEL_TRACES_SAMPLER_ARG: argument }: NodeJS.ProcessEnv) {
  const [, parentBased, rootName = ''] = /^(parentbased_)?(.*)$/.exec(name) ?? [];
  const create = roots.get(rootName);
  if (!create && name) diag.warn(`OTEL_TRACES_SAMPLER is unknown: ${name}`);
  return { root: (create ?? alwaysOn)(ratioOf(argument)), isParentBased: !create || parentBased !== undefined };
}

function ratioOf(text: string | undefined): number {
  const ratio = text ? Number(text) : 1;
  if (ratio >= 0 && ratio <= 1) return ratio;
  diag.warn(`OTEL_TRACES_SAMPLER_ARG is not a number from 0 to 1: ${text}`);
  return 1;
}

function batchesOf(environment: NodeJS.ProcessEnv) {
  const given = {
    scheduledDelayMillis: environment.OTEL_BSP_SCHEDULE_DELAY,
    exportTimeoutMillis: environment.OTEL_BSP_EXPORT_TIMEOUT,
    maxQueueSize: environment.OTEL_BSP_MAX_QUEUE_SIZE,
    maxExportBatchSize: environment.OTEL_BSP_MAX_EXPORT_BATCH_SIZE,
  };
  const numbers = Object.entries(given).map(([name, text]) => [name, Number(text)] as const);
  return Object.fromEntries(numbers.filter(([, number]) => number > 0));
}
