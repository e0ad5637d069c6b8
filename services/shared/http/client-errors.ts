import { randomUUID } from 'node:crypto';
import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import type { FastifyReply } from 'fastify';
import { type ProblemCode, type ProblemExtra, problem, problems } from './problems.ts';
import { requestIdOf } from './request-id.ts';

/** How long a rejected client has to read the reason and stop sending. */
const lingerMs = 1_000;
/** How long responses in progress may take before the socket is closed anyway. */
const answersMs = 10_000;

/** Node's private state of a connection: the response being written and the request being read. */
type Connection = Duplex & { _httpMessage?: ServerResponse | null; parser?: { incoming?: IncomingMessage | null } | null };

/** Emitted on a request whose body Node's parser failed to read. */
export class BrokenRequest extends Error {
  readonly code: ProblemCode;
  constructor(code: ProblemCode) {
    super(problems[code].title);
    this.code = code;
  }
}

const codes: Record<string, ProblemCode> = {
  HPE_HEADER_OVERFLOW: 'HEADERS_TOO_LARGE',
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 'PAYLOAD_TOO_LARGE',
  ERR_HTTP_REQUEST_TIMEOUT: 'REQUEST_TIMEOUT',
};

/** Sockets being closed. The parser reports an error for every further chunk of a broken request; only the first gets a response. */
const closing = new WeakSet<Duplex>();

/**
 * Answers a request that Node's parser rejects with one problem, and closes the connection. Earlier requests are answered first. If
 * the request fails while its body is read, the problem is its reply; if it was already answered, it gets no second response.
 */
export function answerClientError(error: NodeJS.ErrnoException, socket: Connection): void {
  if (error.code === 'ECONNRESET' || !socket.writable || closing.has(socket)) return;
  closing.add(socket);
  const code = codes[error.code ?? ''] ?? 'INVALID_REQUEST';
  const { incoming } = socket.parser ?? {};
  const late = setTimeout(() => socket.destroy(), answersMs);
  socket.once('close', () => clearTimeout(late));
  const broken = incoming?.complete === false ? incoming : undefined;
  // Only a body that is still being read has a listener, and such a request has no response yet.
  if (broken && broken.listenerCount('error') > 0) broken.emit('error', new BrokenRequest(code));
  afterAnswers(socket, () => (broken ? hangUp(socket) : writeProblem(socket, code)));
}

/** Whether a response is being prepared or sent. */
export const isAnswering = (socket: Connection) => Boolean(socket._httpMessage);

/** Calls `then` after all responses in progress. Node answers pipelined requests in order, and starts the next as one ends. */
function afterAnswers(socket: Connection, then: () => void): void {
  const { _httpMessage: answer } = socket;
  if (answer) answer.once('close', () => afterAnswers(socket, then));
  else if (socket.writable) then();
}

/** Makes a reply the last one on its connection. */
export function closeAfter(reply: FastifyReply): FastifyReply {
  const { socket } = reply.request.raw;
  closing.add(socket);
  // Node calls this once the response is written.
  socket.destroySoon = () => hangUp(socket);
  return reply.header('connection', 'close');
}

/** Writes a problem straight to a socket, for a request that has no reply object, and closes the connection. */
export function writeProblem(
  socket: Duplex,
  code: ProblemCode,
  { request, headers = {}, ...extra }: ProblemExtra & { request?: IncomingMessage; headers?: Record<string, string> } = {},
): void {
  const { status } = problems[code];
  const body = JSON.stringify(problem(code, extra));
  const lines = Object.entries({
    ...problemHeaders(body, request),
    ...headers,
    date: new Date().toUTCString(),
    connection: 'close',
  }).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.write(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join('')}\r\n${request?.method === 'HEAD' ? '' : body}`);
  hangUp(socket);
}

/** Answers an `Expect` that is not 100-continue. */
export function refuseExpectation(request: IncomingMessage, response: ServerResponse): void {
  const code = 'EXPECTATION_FAILED';
  const body = JSON.stringify(problem(code, { errors: [{ header: 'Expect', detail: 'is not 100-continue' }] }));
  response.writeHead(problems[code].status, problemHeaders(body, request)).end(body);
}

/** Answers CONNECT, which Node would answer by closing the connection. */
export function refuseConnect(request: IncomingMessage, socket: Duplex): void {
  // Node no longer handles this socket's errors, and an unhandled one ends the process.
  socket.on('error', () => socket.destroy());
  afterAnswers(socket, () =>
    writeProblem(socket, 'METHOD_NOT_ALLOWED', { request, detail: 'This is not a proxy', headers: { allow: '' } }),
  );
}

const problemHeaders = (body: string, request?: IncomingMessage) => ({
  'content-type': 'application/problem+json',
  'content-length': String(Buffer.byteLength(body)),
  'x-content-type-options': 'nosniff',
  'x-request-id': request ? requestIdOf(request) : randomUUID(),
});

/** Closes a connection, but not immediately: if the client is still sending, a reset would make it lose the response. */
export function hangUp(socket: Duplex): void {
  socket.end();
  const lingering = setTimeout(() => socket.destroy(), lingerMs);
  socket.once('close', () => clearTimeout(lingering));
}
