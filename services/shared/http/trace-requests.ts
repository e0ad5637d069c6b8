import { type Attributes, type Span, SpanKind } from '@opentelemetry/api';
import type { FastifyReply, FastifyRequest, onRequestHookHandler } from 'fastify';
import { traceparentOf } from '../telemetry/traceparent.ts';
import { failSpan, isTracing, requestContext, tracer } from '../telemetry/tracing.ts';
import type { HttpServer } from './http-server.ts';

/**
 * Records sampled requests as spans, on all API routes registered after this call, and adds trace and span ids to their log lines.
 * A span's `traceparent` replaces the request's, and commands pass it on. Health, documents and WebSockets have no spans.
 */
export function traceRequests(app: HttpServer): void {
  if (!isTracing()) return;
  app.addHook('onRoute', (route) => {
    if (!route.url.includes('/api/')) return;
    const method = String(route.method);
    const trace = startRequestSpan(`${method} ${route.url}`, { 'http.request.method': method, 'http.route': route.url });
    route.onRequest = [trace, ...[route.onRequest ?? []].flat()];
  });
}

function startRequestSpan(name: string, attributes: Attributes): onRequestHookHandler {
  // Attributes are set later, and only if the span is recorded.
  const options = { kind: SpanKind.SERVER };
  return (request, reply, done) => {
    const context = requestContext(request.headers.traceparent);
    const span = context && tracer.startSpan(name, options, context);
    if (span?.isRecording()) record(span, request, reply, attributes);
    done();
  };
}

function record(span: Span, request: FastifyRequest, reply: FastifyReply, attributes: Attributes): void {
  const context = span.spanContext();
  request.headers.traceparent = traceparentOf(context);
  request.log = request.log.child({ trace_id: context.traceId, span_id: context.spanId });
  reply.log = request.log;
  span.setAttributes(attributes);
  // The path is left out: it may contain a hold's id, which gives access to the hold.
  span.setAttributes({ 'url.scheme': request.protocol, 'http.response.header.x-request-id': [request.id] });
  reply.raw.once('close', () => {
    const status = reply.raw.statusCode;
    if (reply.raw.writableFinished) span.setAttribute('http.response.status_code', status);
    if (!reply.raw.writableFinished) failSpan(span, 'closed', 'The client disconnected before it received the response');
    else if (status >= 500) failSpan(span, String(status));
    span.end();
  });
}
