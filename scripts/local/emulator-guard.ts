import type { IncomingHttpHeaders } from 'node:http';

/** An AWS SDK signs every request. A web page cannot send this header to another origin, unless that allows it (CORS). */
const signature = 'AWS4-HMAC-SHA256 ';

/**
 * The reason why the emulator must refuse a request, or undefined. It serves AWS SDKs that call it by one of its own host
 * `names`, and no web page: neither one that posts a form to it, nor one whose own host name leads to this machine (DNS
 * rebinding). The health check is harmless, and open to any program.
 */
export function refusalOf(
  { path, headers }: { path: string; headers: IncomingHttpHeaders },
  names: string[],
): string | undefined {
  if (!names.includes(hostnameOf(headers.host))) return 'The Host header does not name the emulator';
  if (path === '/health') return undefined;
  if (headers.origin !== undefined || Object.keys(headers).some((name) => name.startsWith('sec-fetch-')))
    return 'The emulator does not serve web pages';
  if (!headers.authorization?.startsWith(signature)) return 'The request has no AWS signature';
  return undefined;
}

/** The host name of a Host header, in lower case and without the port. */
export function hostnameOf(host = ''): string {
  return URL.parse(`http://${host}`)?.hostname ?? '';
}
