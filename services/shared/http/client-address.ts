import { isIPv4, isIPv6 } from 'node:net';
import type { FastifyRequest } from 'fastify';

/**
 * The address of a request's client, behind `trustedProxies` proxies that each append the address of their own client to
 * X-Forwarded-For (0: there is none, so it is the connection's). Whatever the client itself has put there is to the left of what they
 * append, and is ignored. Returns 'unknown' for anything that is not an address.
 */
export function clientAddressOf({ headers, ip }: Pick<FastifyRequest, 'headers' | 'ip'>, trustedProxies: number): string {
  const forwarded = trustedProxies === 0 ? undefined : headers['x-forwarded-for'];
  if (forwarded === undefined) return addressIn(ip);
  // Node joins repeated headers.
  const text = String(forwarded);
  if (trustedProxies === 1) return addressIn(text.slice(text.lastIndexOf(',') + 1));
  const hops = text.split(',');
  return addressIn(hops[Math.max(0, hops.length - trustedProxies)] ?? '');
}

/** An address without a port, brackets or a zone; an IPv4 address that is written as IPv6 becomes IPv4. */
function addressIn(text: string): string {
  const given = text.trim();
  if (isIPv4(given)) return given;
  const [, inBrackets, beforePort] = /^(?:\[([^\]]*)\](?::\d+)?|([\d.]+):\d+)$/.exec(given) ?? [];
  const address = (inBrackets ?? beforePort ?? given).replace(/%.*$/, '');
  const mapped = /^::ffff:([\d.]+)$/i.exec(address)?.[1];
  if (mapped !== undefined && isIPv4(mapped)) return mapped;
  return isIPv4(address) || isIPv6(address) ? address : 'unknown';
}

/**
 * The network that is limited together with a client's address: an IPv4 address is one by itself. Of an IPv6 address it is the /64, the
 * smallest network that providers give to one customer (RFC 6177), who has all of its addresses.
 */
export function networkOf(address: string): string {
  if (!address.includes(':')) return address;
  const [head = '', tail = ''] = address.toLowerCase().split('::');
  const groups = head === '' ? [] : head.split(':');
  if (address.includes('::')) {
    const rest = tail === '' ? [] : tail.split(':');
    // An IPv4 address at the end stands for two groups.
    const length = groups.length + rest.length + (tail.includes('.') ? 1 : 0);
    groups.push(...Array<string>(Math.max(0, 8 - length)).fill('0'), ...rest);
  }
  const network = groups.slice(0, 4).map((group) => group.replace(/^0+(?=.)/, ''));
  return `${network.join(':')}::/64`;
}
