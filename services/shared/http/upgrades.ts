import type { IncomingMessage } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { hangUp, isAnswering } from './client-errors.ts';

/** An id as in our paths, and an optional query. */
const plain = /^[\w.~-]{1,100}(\?.*)?$/;

/**
 * Decides which requests may become WebSockets: handshakes on a route that has a `wsHandler`. Any other `Upgrade` header is ignored,
 * as RFC 9110 (7.8) allows, and the request is answered normally.
 */
export function createUpgrades() {
  const prefixes: string[] = [];
  const handshakes = new WeakSet<IncomingMessage>();

  return {
    seeRoute({ url, wsHandler }: { url: string; wsHandler?: unknown }): void {
      if (wsHandler) prefixes.push(url.replace(/:.*/, ''));
    },

    accepts(request: IncomingMessage): boolean {
      const { method, url = '', headers, socket } = request;
      if (method !== 'GET' || headers.upgrade?.toLowerCase() !== 'websocket') return false;
      // Fastify rejects malformed paths before its hooks run. Such a socket, or one with a response in progress, would never be closed.
      const isRoute = prefixes.some((prefix) => url.startsWith(prefix) && plain.test(url.slice(prefix.length)));
      if (!isRoute || isAnswering(socket)) return false;
      handshakes.add(request);
      return true;
    },

    isHandshake: ({ raw }: FastifyRequest) => handshakes.has(raw),

    /** Closes the connection if the handshake is rejected, which Node no longer does, and keeps the request id if it is accepted. */
    prepare({ id, raw }: FastifyRequest, reply: FastifyReply): void {
      raw.headers['x-request-id'] = id;
      reply.header('connection', 'close');
      reply.raw.once('finish', () => hangUp(raw.socket));
    },
  };
}
