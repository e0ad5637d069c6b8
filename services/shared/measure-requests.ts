import { Histogram } from 'prom-client';
import type { HttpServer } from './http-server.ts';
import type { Registry } from './metrics.ts';

/** As OpenTelemetry's semantic conventions for HTTP advise, and finer where buyers wait. */
const bucketsSeconds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 2.5, 5, 10];

/**
 * Measures requests: how many, how they ended and how long they took, by route. What no route was found for has none, so that
 * there are never more series than routes and statuses. WebSockets are not requests that are answered.
 */
export function measureRequests(app: HttpServer, registry: Registry): void {
  const duration = new Histogram({
    name: 'http_server_request_duration_seconds',
    help: 'How long requests took, from their first byte to the last of their answer.',
    labelNames: ['http_request_method', 'http_route', 'http_response_status_code'],
    buckets: bucketsSeconds,
    registers: [registry],
  });
  app.addHook('onResponse', ({ method, routeOptions, raw }, { elapsedTime, statusCode }, done) => {
    const labels = {
      http_request_method: method,
      http_route: routeOptions.url ?? '',
      http_response_status_code: statusCode,
    };
    if (raw.headers.upgrade === undefined) duration.observe(labels, elapsedTime / 1_000);
    done();
  });
}
