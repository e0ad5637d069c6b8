import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';

type OtlpValue = { stringValue?: string; intValue?: number | string; arrayValue?: { values: OtlpValue[] } };
type OtlpAttribute = { key: string; value: OtlpValue };
type OtlpSpan = {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  kind: number;
  startTimeUnixNano: string;
  endTimeUnixNano: string;
  attributes: OtlpAttribute[];
  links?: { traceId: string; spanId: string }[];
  status: { code?: number; message?: string };
};
type OtlpExport = {
  resourceSpans: { resource: { attributes: OtlpAttribute[] }; scopeSpans: { spans: OtlpSpan[] }[] }[];
};

/** An exported span; times in milliseconds since 1970, `links` are ids of spans. */
export type CollectedSpan = Pick<OtlpSpan, 'traceId' | 'spanId' | 'name'> & {
  service: string;
  parentSpanId: string | undefined;
  startMs: number;
  endMs: number;
  attributes: Record<string, unknown>;
  links: string[];
  isError: boolean;
};

/** An OpenTelemetry collector (OTLP, JSON over HTTP) that keeps the exported spans in memory; stopped with `resources`. */
export async function startCollector(resources: AsyncDisposableStack) {
  const spans: CollectedSpan[] = [];
  const take = async (request: IncomingMessage, response: ServerResponse) => {
    const { resourceSpans } = (await json(request)) as OtlpExport;
    for (const { resource, scopeSpans } of resourceSpans) {
      const service = String(attributesOf(resource.attributes)['service.name']);
      spans.push(...scopeSpans.flatMap((scope) => scope.spans.map((span) => collected(service, span))));
    }
    response.setHeader('content-type', 'application/json').end('{}');
  };
  const server = createServer((request, response) => void take(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  resources.defer(() => {
    server.closeAllConnections();
    server.close();
  });
  return {
    spans,
    /** The settings for a process to export to it, within 50 ms. */
    env: {
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      OTEL_BSP_SCHEDULE_DELAY: '50',
    },
  };
}

const collected = (service: string, span: OtlpSpan): CollectedSpan => ({
  service,
  name: span.name,
  traceId: span.traceId,
  spanId: span.spanId,
  parentSpanId: span.parentSpanId,
  startMs: Number(span.startTimeUnixNano) / 1e6,
  endMs: Number(span.endTimeUnixNano) / 1e6,
  attributes: attributesOf(span.attributes),
  links: (span.links ?? []).map(({ spanId }) => spanId),
  isError: span.status.code === 2,
});

const attributesOf = (attributes: OtlpAttribute[]) =>
  Object.fromEntries(attributes.map(({ key, value }): [string, unknown] => [key, plainValue(value)]));

function plainValue({ stringValue, intValue, arrayValue }: OtlpValue): unknown {
  return arrayValue?.values.map(plainValue) ?? stringValue ?? Number(intValue);
}
