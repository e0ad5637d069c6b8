import { setTimeout as pause } from 'node:timers/promises';
import { Type } from 'typebox';
import type { WebSocket } from 'ws';
import type { HttpServer } from '../../shared/http/http-server.ts';
import { sendProblem } from '../../shared/http/problems.ts';
import { sendForbidden, sendNotSignedIn } from '../../shared/identity/identify-principals.ts';
import { mayAnywhere, organisersOf } from '../../shared/identity/permissions.ts';
import type { Principal } from '../../shared/identity/principal.ts';
import { createSampledLog } from '../../shared/telemetry/sampled-log.ts';
import { EventId } from '../../shared/terms/identifiers.ts';
import { createSocketPlaces } from '../places.ts';
import { type CatalogueEvent, findEvent, listEvents } from '../queries/catalogue.ts';
import { allowedOn } from '../queries/organisers.ts';
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

/** WebSocket /query/ops/events/{eventId}: what the operator's page shows of an event (messages.ts), for the operator and members who may see it. */
export function registerOpsSocket(app: HttpServer, { sessions, sources }: { sessions: Sessions; sources: OpsSources }): void {
  const readers = new Map<string, { read: () => Promise<OpsMessage>; sockets: number }>();
  const handshakes = new WeakMap<object, { event: CatalogueEvent; viewer: Principal }>();
  const takePlace = createSocketPlaces(maxSockets);
  const warnOrigin = createSampledLog('warn', "a page from another origin tried to open the operator's socket");

  app.route({
    method: 'GET',
    url: '/query/ops/events/:eventId',
    schema: { hide: true, params: Type.Object({ eventId: EventId }) },
    async preHandler(request, reply) {
      const { ws: isHandshake, headers, raw } = request;
      const visitor = await sessions.identify(request);
      if (visitor.kind === 'wrong') return sendNotSignedIn(reply, visitor);
      if (!mayAnywhere(visitor, 'ops:read')) return sendForbidden(reply, visitor);
      if (isHandshake && !isOwnOrigin(headers)) {
        warnOrigin(request.log, { origin: headers.origin, host: headers.host });
        return sendProblem(reply, 'ORIGIN_NOT_ALLOWED');
      }
      const { eventId } = request.params;
      const event = await findEvent(sources.db, eventId);
      const maySee = await allowedOn(sources.db, { principal: visitor, operation: 'ops:read', eventIds: [eventId] });
      if (!event || !maySee(eventId)) return sendProblem(reply, 'EVENT_NOT_FOUND');
      if (!isHandshake) return;
      if (!takePlace(raw.socket)) {
        return sendProblem(reply, 'SERVICE_UNAVAILABLE', { detail: 'This task already serves its maximum number of operators' });
      }
      handshakes.set(raw, { event, viewer: visitor });
    },
    handler: (_request, reply) =>
      void sendProblem(reply, 'INVALID_REQUEST', { errors: [{ header: 'Upgrade', detail: 'must be websocket' }] }),
    wsHandler(socket, request) {
      const handshake = handshakes.get(request.raw);
      if (handshake)
        void serve(socket, handshake, () => sessions.identify(request)).catch((error: unknown) => {
          request.log.warn({ err: error }, "sending to the operator's page failed");
          socket.close(1011);
        });
    },
  });

  async function serve(
    socket: WebSocket,
    { event, viewer }: { event: CatalogueEvent; viewer: Principal },
    identify: () => ReturnType<Sessions['identify']>,
  ): Promise<void> {
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

    const [events, seconds] = await Promise.all([
      listEvents(sources.db, maxEvents, organisersOf(viewer, 'ops:read')),
      sources.readSales().catch(() => []),
    ]);
    send({ type: 'event', event, events, history: secondsOf(seconds, event.eventId, event.currency) });
    while (!closing.signal.aborted) {
      // Sessions end, and a member's after minutes: the page then signs in again.
      if ((await identify()).kind !== viewer.kind) return socket.close(1008, 'The session is over');
      send(await reader.read());
      await pause(everyMs, undefined, { signal: closing.signal, ref: false }).catch(() => {});
    }
  }
}
