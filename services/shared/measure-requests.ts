import type { FastifyRequest } from 'fastify';
import { getOrInsertComputed } from './get-or-insert.ts';
import { registerHistogram } from './histogram.ts';
import type { HttpServer } from './http-server.ts';
import type { Registry } from './metrics.ts';

/** As OpenTelemetry's semantic conventions for HTTP advise, and finer where buyers wait. */
const bucketsSeconds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 2.5, 5, 10];

/**
 * Measures requests: how many, how they ended and how long they took, by route. What no route was found for has none, so that
 * there are never more series than routes and statuses. Handshakes that become WebSockets are not answered, nor counted.
 */
export function measureRequests(app: HttpServer, registry: Registry): void {
  const durations = registerHistogram(registry, {
    name: 'http_server_request_duration_seconds',
    help: 'How long requests took, from their first byte to the last of their answer.',
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

/** Fastify gathers a route's options whenever they are asked for; a route without parameters is known by its URL. */
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
