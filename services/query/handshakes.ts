import type { IncomingMessage } from 'node:http';
import type {} from '@fastify/websocket';
import { writeProblem } from '../shared/http/client-errors.ts';
import type { HttpServer } from '../shared/http/http-server.ts';

/** Gives the WebSocket plugin's own responses request ids, and makes its errors problems. Call after the plugin is registered. */
export function adaptHandshakes({ websocketServer }: HttpServer): void {
  websocketServer.on('headers', (headers: string[], request: IncomingMessage) => {
    headers.push(`X-Request-Id: ${request.headers['x-request-id']}`);
  });
  websocketServer.on('wsClientError', ({ message }, socket, request) =>
    writeProblem(socket, 'INVALID_REQUEST', { request, detail: message, headers: { 'sec-websocket-version': '13' } }),
  );
}
