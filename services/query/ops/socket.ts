import { setTimeout as pause } from 'node:timers/promises';
import { Type } from 'typebox';
import type { WebSocket } from 'ws';
import type { HttpServer } from '../../shared/http/http-server.ts';
import { sendProblem } from '../../shared/http/problems.ts';
import { sendNotSignedIn } from '../../shared/identity/principal.ts';
import { createSampledLog } from '../../shared/telemetry/sampled-log.ts';
import { EventId } from '../../shared/terms/identifiers.ts';
import { createPlaces } from '../places.ts';
import { type CatalogueEvent, findEvent, listEvents } from '../queries/catalogue.ts';
import type { OpsMessage } from './messages.ts';
import { isOwnOrigin } from './origin.ts';
import { createEventReader, type OpsSources } from './read-event.ts';
import { secondsOf } from './sale.ts';
import type { Sessions } from './session.ts';

/** Enough for an on-sale's control room and its phones. */
const maxSockets = 100;
/** In the page's list of events. */
const maxEvents = 200;
const everyMs = 1_000;
/** A socket with more unsent bytes than this misses a second. */
const maxWaitingBytes = 262_144;

/** WebSocket /query/ops/events/{eventId}: what the operator's page shows of an event (messages.ts), for signed-in operators. */
export function registerOpsSocket(app: HttpServer, { sessions, sources }: { sessions: Sessions; sources: OpsSources }): void {
  const readers = new Map<string, { read: () => Promise<OpsMessage>; sockets: number }>();
  const handshakes = new WeakMap<object, CatalogueEvent>();
  const takePlace = createPlaces(maxSockets);
  const warnOrigin = createSampledLog('warn', "a page from another origin tried to open the operator's socket");

  app.route({
    method: 'GET',
    url: '/query/ops/events/:eventId',
    schema: { hide: true, params: Type.Object({ eventId: EventId }) },
    async preHandler(request, reply) {
      const { ws: isHandshake, headers, raw } = request;
      const visitor = sessions.identify(request);
      if (visitor !== 'operator') return sendNotSignedIn(reply, visitor);
      if (isHandshake && !isOwnOrigin(headers)) {
        warnOrigin(request.log, { origin: headers.origin, host: headers.host });
        return sendProblem(reply, 'ORIGIN_NOT_ALLOWED');
      }
      const event = await findEvent(sources.db, request.params.eventId);
      if (!event) return sendProblem(reply, 'EVENT_NOT_FOUND');
      if (!isHandshake) return;
      if (!takePlace(raw.socket)) {
        return sendProblem(reply, 'SERVICE_UNAVAILABLE', { detail: 'This task already serves its maximum number of operators' });
      }
      handshakes.set(raw, event);
    },
    handler: (_request, reply) =>
      void sendProblem(reply, 'INVALID_REQUEST', { errors: [{ header: 'Upgrade', detail: 'must be websocket' }] }),
    wsHandler(socket, request) {
      const event = handshakes.get(request.raw);
      if (event)
        void serve(socket, event).catch((error: unknown) => {
          request.log.warn({ err: error }, "sending to the operator's page failed");
          socket.close(1011);
        });
    },
  });

  async function serve(socket: WebSocket, event: CatalogueEvent): Promise<void> {
    const closing = new AbortController();
    const reader = readers.get(event.eventId) ?? { read: createEventReader(event, sources), sockets: 0 };
    readers.set(event.eventId, reader);
    reader.sockets++;
    socket.on('close', () => {
      closing.abort();
      if (--reader.sockets === 0) readers.delete(event.eventId);
    });
    // The page has nothing to send.
    socket.on('message', () => socket.close(1008, 'No messages are accepted here'));
    const send = (message: OpsMessage) => {
      if (socket.bufferedAmount < maxWaitingBytes) socket.send(JSON.stringify(message));
    };

    const [events, seconds] = await Promise.all([listEvents(sources.db, maxEvents), sources.readSales().catch(() => [])]);
    send({ type: 'event', event, events, history: secondsOf(seconds, event.eventId, event.currency) });
    while (!closing.signal.aborted) {
      send(await reader.read());
      await pause(everyMs, undefined, { signal: closing.signal, ref: false }).catch(() => {});
    }
  }
}
