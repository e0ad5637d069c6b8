import type { FastifyRequest } from 'fastify';
import { getOrInsertComputed } from '../basics/get-or-insert.ts';
import { registerHistogram } from '../telemetry/histogram.ts';
import type { Registry } from '../telemetry/metrics.ts';
import type { HttpServer } from './http-server.ts';

/** The buckets that OpenTelemetry's semantic conventions for HTTP advise, with finer ones at the latencies that buyers notice. */
const bucketsSeconds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 2.5, 5, 10];

/**
 * Measures requests by route: how many, their status and how long they took. Requests that match no route have an empty route label,
 * so that strangers cannot add series. WebSocket handshakes that succeed get no response here, and are not counted.
 */
export function measureRequests(app: HttpServer, registry: Registry): void {
  const durations = registerHistogram(registry, {
    name: 'http_server_request_duration_seconds',
    help: 'How long requests took, from their first byte to the last byte of the response.',
    buckets: bucketsSeconds,
  });
  const series = new Map<string, ReturnType<typeof durations>>();
  const routeOf = createRouteOf();
  app.addHook('onResponse', (request, { elapsedTime, statusCode }, done) => {
    durationOf(request.method, routeOf(request), statusCode)(elapsedTime / 1_000);
    done();
  });

  function durationOf(method: string, route: string, status: number) {
    const name = `${status} ${method} ${route}`;
    return getOrInsertComputed(series, name, () =>
      durations({ http_request_method: method, http_route: route, http_response_status_code: status }),
    );
  }
}

/** Fastify builds `routeOptions` on every access. A route without parameters is remembered by its URL instead. */
function createRouteOf() {
  const plain = new Set<string>();
  return (request: FastifyRequest): string => {
    const { url } = request;
    if (plain.has(url)) return url;
    const { url: route = '' } = request.routeOptions;
    if (route === url) plain.add(url);
    return route;
  };
}
