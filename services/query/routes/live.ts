import websocket from '@fastify/websocket';
import type { FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import type { WebSocket } from 'ws';
import type { HttpServer } from '../../shared/http/http-server.ts';
import { problemResponses, sendProblem } from '../../shared/http/problems.ts';
import { EventId } from '../../shared/terms/identifiers.ts';
import { adaptHandshakes } from '../handshakes.ts';
import type { Watcher } from '../live/watch.ts';
import type { Watchers } from '../live/watchers.ts';
import { createSocketPlaces } from '../places.ts';

const protocol = `Any origin may connect: seats are public, and cookies and tokens are ignored.

Messages are JSON text. The first is a **snapshot**:

    {"type":"snapshot","eventId":"Event1","version":7,"zones":[
      {"zoneId":1,"capacity":780,"available":777,"held":0,"sold":1,"blocked":2,"rows":26,"columns":30,"bytesPerRow":4,"taken":"sAAAAA…",
       "blockedSeats":"MAAAAA…"},
      {"zoneId":2,"capacity":500,"available":500,"held":0,"sold":0,"blocked":0}]}

\`taken\` is base64, \`bytesPerRow\` bytes per row; the highest bit of a row's first byte is its first position, and 1 means taken:
sold, held or blocked, that is, withdrawn from sale by the organiser. In a hall, the bits of positions without a seat are 1 too; the
labels of the other positions are in \`GET /query/api/v1/events/{eventId}/zones/{zoneId}/plan\`. \`blockedSeats\` are the blocked seats in the same
form, absent if there are none. A zone without seats has only counts, and
capacity = available + held + sold + blocked. A snapshot replaces everything that the client had.

**Deltas** follow, at most ten a second. They list the zones that changed, with the numbers of the bits that flipped, counted from
the highest bit of the first byte (row r, position p: (r − 1) × 8 × bytesPerRow + p − 1):

    {"type":"delta","from":7,"to":9,"zones":[{"zoneId":1,"available":776,"held":1,"sold":1,"blocked":2,"taken":[1],"freed":[]}]}

\`blockedSeats\` and \`unblockedSeats\` list the bits that flipped in the bitmap of blocked seats; both are absent if none did.

If \`from\` is not the client's version, the client has missed a delta. It then sends \`{"type":"snapshot"}\` and ignores deltas until
the snapshot arrives (at most one a second). The server also sends snapshots unasked: to slow readers, and when zones change.

\`{"type":"unavailable"}\`: the inventory cannot be read, so the client's copy is out of date. A snapshot follows once it can.

Close codes: 1001 the service is stopping, reconnect; 1008 the client sent an unknown message, or too many; 1009 a message was too long.
Pings come every 30 s; a client that does not reply is disconnected.`;

/** The only message that clients may send has 19 bytes. */
const maxInboundBytes = 1_024;
/** Per ping interval. */
const maxInboundMessages = 100;
/** A socket with more unsent bytes than this gets no message until it has caught up. */
const maxWaitingBytes = 1_048_576;
/** How long a client may take for the closing handshake when the service stops. */
const closeMs = 2_000;

const defaults = {
  /** Per process, not counting operators' sockets. */
  maxSockets: 10_000,
  /** Of these, for one network: enough for an office or a phone network behind one address. */
  maxSocketsOfNetwork: 1_000,
  /** Half of an ALB's idle timeout. */
  pingMs: 30_000,
};

/** `networkOf`: the network that a request comes from; without it, one network may have all sockets. */
type Options = Partial<typeof defaults> & { networkOf?: ((request: FastifyRequest) => string) | undefined };

/** WebSocket /query/ws/v1/events/{eventId}: an event's seats as they are sold; closed with the app. */
export async function registerLiveRoutes(app: HttpServer, watchers: Watchers, { networkOf, ...limits }: Options = {}) {
  const { maxSockets, maxSocketsOfNetwork, pingMs } = { ...defaults, ...limits };
  // ws supports closeTimeout, but its types lack it.
  const options = { maxPayload: maxInboundBytes, closeTimeout: closeMs };
  await app.register(websocket, {
    options,
    // The close code told the client, and 'close' is emitted next.
    errorHandler: (error, _socket, request) => request.log.debug({ err: error }, 'socket failed'),
    preClose(done) {
      watchers.stop();
      const goodbye = (socket: WebSocket) => socket.close(1001, 'The service is stopping');
      for (const socket of app.websocketServer.clients) goodbye(socket);
      // For handshakes that began before.
      app.websocketServer.on('connection', goodbye);
      done();
    },
  });

  adaptHandshakes(app);

  const takePlace = createSocketPlaces(maxSockets, maxSocketsOfNetwork);
  /** The watcher that a handshake's preHandler found, for the socket that the handshake opens. */
  const handshakes = new WeakMap<object, Watcher>();

  app.route({
    method: 'GET',
    url: '/query/ws/v1/events/:eventId',
    schema: {
      operationId: 'watchSeats',
      summary: "WebSocket: an event's seats as they are sold",
      description: protocol,
      tags: ['availability'],
      params: Type.Object({ eventId: EventId }),
      response: {
        101: { description: 'The WebSocket is open', type: 'null' },
        ...problemResponses('INVALID_REQUEST', 'EVENT_NOT_FOUND', 'INVENTORY_UNAVAILABLE', 'SERVICE_UNAVAILABLE'),
      },
    },
    async preHandler(request, reply) {
      if (!request.ws) return;
      const watcher = await watchers.find(request.params.eventId);
      if (!watcher) {
        await sendProblem(reply, 'EVENT_NOT_FOUND');
      } else if (!takePlace(request.raw.socket, networkOf?.(request))) {
        const detail = 'This task already serves its maximum number of clients, or of clients from your network';
        await sendProblem(reply, 'SERVICE_UNAVAILABLE', { detail });
      } else {
        handshakes.set(request.raw, watcher);
      }
    },
    handler: (_request, reply) =>
      void sendProblem(reply, 'INVALID_REQUEST', { errors: [{ header: 'Upgrade', detail: 'must be websocket' }] }),
    wsHandler(socket, request) {
      const watcher = handshakes.get(request.raw);
      if (watcher) serve(socket, watcher, pingMs);
    },
  });
}

/** Sends the watcher's messages to the socket until it closes, and replies to the client's. */
function serve(socket: WebSocket, watcher: Watcher, pingMs: number): void {
  const subscription = watcher.join({
    send: (message) => socket.send(message, { binary: false }),
    isFull: () => socket.bufferedAmount > maxWaitingBytes,
  });
  let hasReplied = true;
  let heard = 0;
  // A ping queues behind earlier messages, so a client that does not read does not reply to it either.
  const pings = setInterval(() => {
    if (!hasReplied) return socket.terminate();
    hasReplied = false;
    heard = 0;
    socket.ping();
  }, pingMs).unref();
  socket.on('pong', () => {
    hasReplied = true;
  });
  socket.on('message', (data, isBinary) => {
    if (++heard > maxInboundMessages) socket.close(1008, 'Too many messages');
    else if (!isBinary && isSnapshotRequest(String(data))) subscription.askSnapshot();
    else socket.close(1008, 'Only {"type":"snapshot"} is accepted');
  });
  socket.on('close', () => {
    clearInterval(pings);
    subscription.leave();
  });
}

function isSnapshotRequest(text: string): boolean {
  try {
    return (JSON.parse(text) as { type?: unknown } | null)?.type === 'snapshot';
  } catch {
    return false;
  }
}
