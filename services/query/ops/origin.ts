import type { IncomingHttpHeaders } from 'node:http';

/**
 * Whether the sender of these headers may open a WebSocket or sign in. A browser lets any site's page open a WebSocket with the operator's
 * cookie, and sign its visitor in as somebody else, but names the page's origin in `Origin`, which must be this one. Programs send no
 * `Origin` and need a bearer token. The scheme is not compared, because TLS may end before the load balancer.
 */
export function isOwnOrigin({ origin, host, authorization, 'x-forwarded-host': forwarded }: IncomingHttpHeaders): boolean {
  if (origin === undefined) return authorization !== undefined;
  const page = URL.parse(origin);
  if (!page) return false;
  // A page can set neither header. The first of several forwarded hosts is the one that the browser asked for.
  const [firstForwarded] = String(forwarded ?? '').split(',');
  return [host, firstForwarded?.trim()].some((name) => name && URL.parse(`${page.protocol}//${name}`)?.host === page.host);
}
