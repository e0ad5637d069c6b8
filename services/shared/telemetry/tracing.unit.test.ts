import { ROOT_CONTEXT } from '@opentelemetry/api';
import { describe, expect, it } from 'vitest';
import { createTracerProvider, rootShareOf, samplerOf } from './tracer-provider.ts';
import { isWanted, startSpan } from './tracing.ts';

const endpoint = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318' };

it.each([
  [false, {}],
  [true, endpoint],
  [true, { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://collector:4318/v1/traces' }],
  [true, { OTEL_TRACES_EXPORTER: 'otlp' }],
  [true, { OTEL_TRACES_EXPORTER: 'console, otlp' }],
  [false, { ...endpoint, OTEL_TRACES_EXPORTER: 'none' }],
  [false, { ...endpoint, OTEL_SDK_DISABLED: 'True' }],
  [true, { ...endpoint, OTEL_SDK_DISABLED: 'false', OTEL_TRACES_EXPORTER: '' }],
])('tracing is %s with %j', (expected, environment) => {
  expect(isWanted(environment)).toBe(expected);
});

it.each([
  [{}, 'ParentBased{root=AlwaysOnSampler,'],
  [{ OTEL_TRACES_SAMPLER: 'always_off' }, 'AlwaysOffSampler'],
  [{ OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: '0.25' }, 'TraceIdRatioBased{0.25}'],
  [{ OTEL_TRACES_SAMPLER: 'parentbased_always_off' }, 'ParentBased{root=AlwaysOffSampler,'],
  [{ OTEL_TRACES_SAMPLER: 'parentbased_traceidratio' }, 'ParentBased{root=TraceIdRatioBased{1},'],
  [{ OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: 'half' }, 'TraceIdRatioBased{1}'],
  [{ OTEL_TRACES_SAMPLER: 'sometimes' }, 'ParentBased{root=AlwaysOnSampler,'],
  [{ OTEL_TRACES_SAMPLER: 'constructor' }, 'ParentBased{root=AlwaysOnSampler,'],
])('%j samples with %s', (environment, expected) => {
  expect(String(samplerOf(environment))).toContain(expected);
});

describe('work shared by several traces', () => {
  const tracer = createTracerProvider('test', { OTEL_TRACES_SAMPLER: 'always_off' }, Symbol('decided')).getTracer('test');
  const context = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331', traceFlags: 1 };

  it('is recorded whatever the sampler decides, and nothing else is', () => {
    expect(tracer.startSpan('shared', { links: [{ context }] }, ROOT_CONTEXT).isRecording()).toBe(true);
    expect(tracer.startSpan('one', {}, ROOT_CONTEXT).isRecording()).toBe(false);
  });
});

it('a process without tracing records no spans, not even for a sampled trace', () => {
  const never = () => expect.fail('must not be called');
  expect(startSpan('00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01', 'a span', never)).toBeUndefined();
});

it.each([
  [1, {}],
  [1, { OTEL_TRACES_SAMPLER: 'sometimes', OTEL_TRACES_SAMPLER_ARG: '0.25' }],
  [0, { OTEL_TRACES_SAMPLER: 'parentbased_always_off' }],
  [0.25, { OTEL_TRACES_SAMPLER: 'parentbased_traceidratio', OTEL_TRACES_SAMPLER_ARG: '0.25' }],
  [0.5, { OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: '0.5' }],
])('a share of %d of the traces started here is recorded with %j', (expected, environment) => {
  expect(rootShareOf(environment)).toBe(expected);
});

it('ids have the right lengths and are unique', () => {
  const tracer = createTracerProvider('test', {}, Symbol('decided')).getTracer('test');
  const contexts = Array.from({ length: 1_000 }, () => tracer.startSpan('a span', {}, ROOT_CONTEXT).spanContext());
  for (const { traceId, spanId } of contexts) expect(`${traceId} ${spanId}`).toMatch(/^[0-9a-f]{32} [0-9a-f]{16}$/);
  expect(new Set(contexts.flatMap(({ traceId, spanId }) => [traceId, spanId])).size).toBe(2_000);
});
