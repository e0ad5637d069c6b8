import type { IncomingMessage } from 'node:http';
import { isAnswering } from './client-errors.ts';

/**
 * Decides which requests may become WebSockets: handshakes on a route that has a `wsHandler`. Every other `Upgrade` is ignored, as
 * RFC 9110 (7.8) allows, and the request is answered as if it had none.
 */
export function createUpgrades() {
  const prefixes: string[] = [];

  return {
    seeRoute({ url, wsHandler }: { url: string; wsHandler?: unknown }): void {
      if (wsHandler) prefixes.push(url.replace(/:.*/, ''));
    },

    accepts({ method, url = '', headers, socket }: IncomingMessage): boolean {
      if (method !== 'GET' || headers.upgrade?.toLowerCase() !== 'websocket') return false;
      // A handshake that is pipelined behind a request would cut off its answer.
      return prefixes.some((prefix) => url.startsWith(prefix)) && !isAnswering(socket);
    },
  };
}
