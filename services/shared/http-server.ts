import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import Fastify, { type FastifyError, type FastifySchemaCompiler, LogController } from 'fastify';
import type { TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import { convertExactly } from './convert.ts';
import { listFaults } from './faults.ts';
import type { Logger } from './logger.ts';
import {
  overloaded,
  Problem,
  type ProblemCode,
  problem,
  problemErrors,
  problems,
  sendProblem,
  UnavailableError,
} from './problems.ts';
import { createSampledLog } from './sampled-log.ts';

export type HttpServer = ReturnType<typeof createHttpServer>;

/** A purchase is some 100 bytes; nothing that we serve takes a body near this. */
export const maxBodyBytes = 16 * 1024;
export const maxHeaderBytes = 8 * 1024;
/** Longer than the load balancer's idle timeout (60 s on an ALB), so that it is never the server that hangs up first. */
export const keepAliveMs = 65_000;
/** A client that takes longer to send its request is holding a socket, not buying. */
export const requestMs = 10_000;
/** How often Node looks for those; its own default is every 30 s. */
const lookForSlowMs = 1_000;
/** How long a client that was refused may take to read why, and to stop sending. */
const lingerMs = 1_000;

/**
 * A Fastify server as every service has it: limits, request ids and problem answers (RFC 9457). `handlerMs` bounds one
 * request's work where nothing else does (it costs a timer and an AbortController each): past it the answer is a 503, as it is
 * for an error that `isAway` knows as a store's absence.
 */
export function createHttpServer(options: {
  logger: Logger;
  handlerMs?: number;
  isAway?: (error: unknown) => boolean;
  /** What a 404 says of a path that nothing is served at. */
  notFoundDetail?: string;
}) {
  const { logger, handlerMs, isAway = () => false, notFoundDetail } = options;
  const app = Fastify({
    loggerInstance: logger,
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: requestId,
    bodyLimit: maxBodyBytes,
    // Node exchanges the two limits where the one for headers is the longer one; its default is, and a body would have 60 s.
    http: { maxHeaderSize: maxHeaderBytes, headersTimeout: requestMs, connectionsCheckingInterval: lookForSlowMs },
    keepAliveTimeout: keepAliveMs,
    requestTimeout: requestMs,
    ...(handlerMs !== undefined && { handlerTimeout: handlerMs }),
    forceCloseConnections: 'idle',
    clientErrorHandler: answerClientError,
    // These come before the hooks, so the request id is set here too.
    frameworkErrors: (_error, request, reply) =>
      void sendProblem(reply.header('x-request-id', request.id), 'INVALID_REQUEST', { detail: 'The URL is malformed' }),
  }).withTypeProvider<TypeBoxTypeProvider>();

  const warnUnavailable = createSampledLog('warn', 'unavailable');
  const warnOverloaded = createSampledLog('warn', 'overloaded: requests were refused');
  // Fastify reads this one by itself too; without it, whatever is not JSON is a 415.
  app.removeContentTypeParser('text/plain');
  app.setValidatorCompiler(compileValidator);
  app.setErrorHandler<FastifyError | UnavailableError>((error, request, reply) => {
    if (error === overloaded) {
      warnOverloaded(request.log);
      return sendProblem(reply, overloaded.code, { detail: overloaded.message });
    }
    if (error instanceof UnavailableError || isAway(error)) {
      warnUnavailable(request.log, { err: error });
      return sendProblem(reply, error instanceof UnavailableError ? error.code : 'SERVICE_UNAVAILABLE');
    }
    if (error.validation) {
      const faults = listFaults(error.validation as Parameters<typeof listFaults>[0]);
      return sendProblem(reply, 'INVALID_REQUEST', { errors: problemErrors(faults, error.validationContext) });
    }
    // Fastify would hang up on a body that is too large, and the answer be lost to a client that still sends. Node reads and
    // drops the rest instead, no longer than `requestMs`.
    reply.removeHeader('connection');
    const code = codeOf(error);
    if (problems[code].status < 500) return sendProblem(reply, code, { detail: error.message });
    request.log.error({ err: error }, 'request failed');
    return sendProblem(reply, code);
  });
  app.setNotFoundHandler(({ method, url }, reply) =>
    sendProblem(reply, 'NOT_FOUND', { detail: notFoundDetail ?? `${method} ${url.split('?')[0]}` }),
  );
  app.addHook('onRequest', (request, reply, done) => {
    reply.header('x-request-id', request.id);
    // What is empty has no type, whatever is said of it: a POST may have nothing to say.
    const { 'content-length': length = '0', 'transfer-encoding': encoding } = request.headers;
    if (length === '0' && encoding === undefined) delete request.headers['content-type'];
    done();
  });
  app.addSchema(Problem);
  return app;
}

/** A body is JSON and has its types, a header is text; what comes as text in a path or a query gets its type first. */
const compileValidator: FastifySchemaCompiler<TSchema> = ({ schema, httpPart }) => {
  const check = Compile(schema);
  return (given) => {
    const value = httpPart === 'body' || httpPart === 'headers' ? given : convertExactly(schema, given);
    if (!check.Check(value)) return { error: check.Errors(value) as never };
    // Given headers, Fastify would copy them whenever they are asked for.
    return value === given || { value };
  };
};

/** The client's `X-Request-Id` where it is plain and short enough for a log line, else a new UUID. */
function requestId({ headers }: IncomingMessage | { headers: Record<string, string | string[] | undefined> }): string {
  const given = headers['x-request-id'];
  return typeof given === 'string' && /^[\w.:-]{1,64}$/.test(given) ? given : randomUUID();
}

/** Fastify's own errors by status: all that it says of a client's mistake is that something is wrong with the request. */
function codeOf({ statusCode = 500 }: FastifyError): ProblemCode {
  if (statusCode === 413) return 'PAYLOAD_TOO_LARGE';
  if (statusCode === 415) return 'UNSUPPORTED_MEDIA_TYPE';
  if (statusCode === 503) return 'SERVICE_UNAVAILABLE';
  return statusCode < 500 ? 'INVALID_REQUEST' : 'INTERNAL_ERROR';
}

const clientErrors: Record<string, ProblemCode> = {
  HPE_HEADER_OVERFLOW: 'HEADERS_TOO_LARGE',
  ERR_HTTP_REQUEST_TIMEOUT: 'REQUEST_TIMEOUT',
};

/** What Node's parser refuses has no request or reply yet, only a socket. */
function answerClientError(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return;
  const code = clientErrors[error.code ?? ''] ?? 'INVALID_REQUEST';
  const body = JSON.stringify(problem(code));
  const status = problems[code].status;
  const headers = [
    'connection: close',
    'content-type: application/problem+json',
    `content-length: ${Buffer.byteLength(body)}`,
    `x-request-id: ${randomUUID()}`,
  ];
  socket.end(`HTTP/1.1 ${status} ${code}\r\n${headers.join('\r\n')}\r\n\r\n${body}`);
  // At once, what the client still sends would be answered with a reset, and the problem be lost.
  const lingering = setTimeout(() => socket.destroy(), lingerMs);
  socket.once('close', () => clearTimeout(lingering));
}
