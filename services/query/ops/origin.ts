import type { IncomingHttpHeaders } from 'node:http';

/**
 * Whether a WebSocket may be opened by whoever sent these headers. A browser lets any site's page open one here, with the operator's
 * cookie, but says in `Origin` which; so it has to be this origin's own page. A program says nothing there, and has a bearer token. The
 * scheme is not compared, as TLS may end before the load balancer.
 */
export function isOwnOrigin({ origin, host, authorization, 'x-forwarded-host': forwarded }: IncomingHttpHeaders): boolean {
  if (origin === undefined) return authorization !== undefined;
  const page = URL.parse(origin);
  if (!page) return false;
  // A page cannot set either. The first of several is what the browser asked for.
  const [firstForwarded] = String(forwarded ?? '').split(',');
  return [host, firstForwarded?.trim()].some((name) => name && URL.parse(`${page.protocol}//${name}`)?.host === page.host);
}
