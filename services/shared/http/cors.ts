import type { FastifyReply, FastifyRequest } from 'fastify';

/** Headers that pages from other origins may read, besides the few that are always allowed. */
const exposed = 'ETag, Link, Location, RateLimit, RateLimit-Policy, Retry-After, X-Request-Id';
/** Headers that they may send. */
const allowed =
  'Authorization, Checkout-Token, Content-Type, Idempotency-Key, If-Match, If-None-Match, Order-Token, traceparent, X-Request-Id';
/** How long a browser may cache a preflight response. This is Chromium's maximum. */
const maxAgeSeconds = 7_200;

export type Cors = NonNullable<ReturnType<typeof createCors>>;

/**
 * Cross-origin resource sharing (https://fetch.spec.whatwg.org/#http-cors-protocol) with the origins of a comma-separated list. It allows
 * no credentials: no route for other origins uses cookies. Returns undefined for an empty list.
 */
export function createCors(list: string) {
  if (list === '') return undefined;
  const origins = new Set(list.split(','));

  return {
    /** Lets a page from an allowed origin read the response. */
    share({ headers: { origin } }: FastifyRequest, reply: FastifyReply): void {
      reply.header('vary', 'Origin');
      if (origin === undefined || !origins.has(origin)) return;
      reply.header('access-control-allow-origin', origin).header('access-control-expose-headers', exposed);
    },

    /** Answers a browser's preflight with the methods and headers that the path supports. */
    allow({ headers }: FastifyRequest, reply: FastifyReply, methods: string): void {
      if (headers['access-control-request-method'] === undefined || !origins.has(headers.origin ?? '')) return;
      reply.header('access-control-allow-methods', methods);
      reply.header('access-control-allow-headers', allowed);
      reply.header('access-control-max-age', maxAgeSeconds);
    },
  };
}
