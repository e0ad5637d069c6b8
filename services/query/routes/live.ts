import websocket from '@fastify/websocket';
import { Type } from 'typebox';
import type { WebSocket } from 'ws';
import type { HttpServer } from '../../shared/http-server.ts';
import { EventId } from '../../shared/identifiers.ts';
import { problemResponses, sendProblem } from '../../shared/problems.ts';
import { answerHandshakes } from '../handshakes.ts';
import type { Watcher } from '../live/watch.ts';
import type { Watchers } from '../live/watchers.ts';
import { createPlaces } from '../places.ts';

const protocol = `Any origin may connect: seats are public, and neither cookies nor tokens are looked at.

Text messages, JSON. First comes a **snapshot**:

    {"type":"snapshot","eventId":"Event1","version":7,"zones":[
      {"zoneId":1,"capacity":780,"available":779,"held":0,"sold":1,"rows":26,"columns":30,"bytesPerRow":4,"taken":"gAAAAA…"},
      {"zoneId":2,"capacity":500,"available":500,"held":0,"sold":0}]}

\`taken\` is base64 of \`bytesPerRow\` bytes a row; the highest bit of the first byte is column 1, and 1 is taken (sold or held).
A zone without seats has counts only. It replaces whatever the client had.

Then come **deltas**, at most ten a second, with the zones that changed and the numbers of the bits that turned, counted from
the highest of the first byte (row r, column c: (r − 1) × 8 × bytesPerRow + c − 1):

    {"type":"delta","from":7,"to":9,"zones":[{"zoneId":1,"available":778,"held":1,"sold":1,"taken":[1],"freed":[]}]}

Where \`from\` is not the version that the client has, it has missed one: it says \`{"type":"snapshot"}\` and ignores deltas until
the snapshot comes (at most one a second). Snapshots come unasked too: for a client that was slow to read, and when zones change.

\`{"type":"unavailable"}\`: the inventory cannot be read; what the client has is old. A snapshot follows once it can.

Close codes: 1001 the service stops, connect again; 1008 said what is not understood, or too much; 1009 said it too long.
Pings come every 30 s, and whoever does not answer is cut off.`;

/** What a client may say has 19 bytes. */
const maxInboundBytes = 1_024;
/** Between two pings. */
const maxInboundMessages = 100;
/** A socket that has so many bytes on their way is told nothing more until it has read them. */
const maxWaitingBytes = 1_048_576;
/** How long a client may take to say goodbye when the service stops. */
const closeMs = 2_000;

const defaults = {
  /** Of this process; those of operators are not counted. */
  maxSockets: 10_000,
  /** Half of the idle timeout of an ALB. */
  pingMs: 30_000,
};

/** WebSocket /query/ws/v1/events/{eventId}: an event's seats as they are sold; closed with the app. */
export async function registerLiveRoutes(app: HttpServer, watchers: Watchers, limits: Partial<typeof defaults> = {}) {
  const { maxSockets, pingMs } = { ...defaults, ...limits };
  // ws knows closeTimeout; its types do not yet.
  const options = { maxPayload: maxInboundBytes, closeTimeout: closeMs };
  await app.register(websocket, {
    options,
    // The close code has said it to the client; the next thing is 'close'.
    errorHandler: (error, _socket, request) => request.log.debug({ err: error }, 'socket failed'),
    preClose(done) {
      watchers.stop();
      const goodbye = (socket: WebSocket) => socket.close(1001, 'The service stops');
      for (const socket of app.websocketServer.clients) goodbye(socket);
      // A handshake that had begun before.
      app.websocketServer.on('connection', goodbye);
      done();
    },
  });

  answerHandshakes(app);

  const takePlace = createPlaces(maxSockets);
  /** What the handshake's check found, for the socket that it becomes. */
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
        101: { description: 'The handshake is done', type: 'null' },
        ...problemResponses('INVALID_REQUEST', 'EVENT_NOT_FOUND', 'INVENTORY_UNAVAILABLE', 'SERVICE_UNAVAILABLE'),
      },
    },
    async preHandler(request, reply) {
      if (!request.ws) return;
      const watcher = await watchers.find(request.params.eventId);
      if (!watcher) {
        await sendProblem(reply, 'EVENT_NOT_FOUND');
      } else if (!takePlace(request.raw.socket)) {
        await sendProblem(reply, 'SERVICE_UNAVAILABLE', { detail: 'This task serves as many clients as it can' });
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

/** Tells the socket what the watcher says until it closes, and hears what it says. */
function serve(socket: WebSocket, watcher: Watcher, pingMs: number): void {
  const subscription = watcher.join({
    send: (message) => socket.send(message, { binary: false }),
    isFull: () => socket.bufferedAmount > maxWaitingBytes,
  });
  let hasAnswered = true;
  let heard = 0;
  // The ping waits behind what was sent before: who does not read does not answer either.
  const pings = setInterval(() => {
    if (!hasAnswered) return socket.terminate();
    hasAnswered = false;
    heard = 0;
    socket.ping();
  }, pingMs).unref();
  socket.on('pong', () => {
    hasAnswered = true;
  });
  socket.on('message', (data, isBinary) => {
    if (++heard > maxInboundMessages) socket.close(1008, 'Too many messages');
    else if (!isBinary && isSnapshotRequest(String(data))) subscription.askSnapshot();
    else socket.close(1008, 'Only {"type":"snapshot"} is understood');
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
