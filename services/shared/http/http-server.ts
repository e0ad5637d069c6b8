import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import Fastify, {
  type FastifyReply,
  type FastifyRequest,
  type FastifySchemaCompiler,
  type HTTPMethods,
  LogController,
} from 'fastify';
import type { TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import { convertExactly } from '../basics/convert.ts';
import type { Logger } from '../telemetry/logger.ts';
import { answerClientError, refuseConnect, refuseExpectation } from './client-errors.ts';
import { createCors } from './cors.ts';
import { createErrorHandler } from './error-handler.ts';
import { type BeforeParsing, createJsonParser } from './json-body.ts';
import type { ServiceName } from './path-table.ts';
import { Problem, type ProblemCode, type ProblemExtra, sendProblem } from './problems.ts';
import { hasBody, refuseUnknown } from './refuse-unknown.ts';
import { requestIdOf } from './request-id.ts';
import { createUnrouted } from './unrouted.ts';
import { createUpgrades } from './upgrades.ts';

export type HttpServer = ReturnType<typeof createHttpServer>;

/** A purchase is about 100 bytes; few services need a body anywhere near this size. */
export const maxBodyBytes = 16 * 1024;
/** The services that accept larger bodies: an event with its halls is a large document, and payment providers send long webhooks. */
export const largeBodies: Partial<Record<ServiceName, number>> = { catalogue: 1024 * 1024, checkout: 256 * 1024 };
export const maxHeaderBytes = 8 * 1024;
/** Longer than the load balancer's idle timeout (60 s on an ALB), so that the server never closes a connection first. */
export const keepAliveMs = 65_000;
/** A client that takes longer to send its request is holding a socket, not buying. */
export const requestMs = 10_000;
/** How often Node checks for such clients; its default is every 30 s. */
const lookForSlowMs = 1_000;
const aYearInSeconds = 31_536_000;

/**
 * The Fastify server that every service uses: limits, request ids, security headers and problem responses (RFC 9457). `handlerMs` bounds
 * the work for one request if nothing else does (it costs a timer and an AbortController per request). A request that takes longer
 * gets a 503, and so does an error that `isAway` recognises as an unavailable store.
 */
export function createHttpServer(options: {
  logger: Logger;
  handlerMs?: number;
  isAway?: (error: unknown) => boolean;
  /** Origins whose pages may call this server, separated by commas. */
  corsOrigins?: string;
  /** The largest body that it accepts. */
  bodyLimit?: number | undefined;
  /** Gets each JSON body before it is parsed; what it throws is answered instead. */
  beforeParsing?: BeforeParsing;
}) {
  const {
    logger,
    handlerMs,
    isAway = () => false,
    corsOrigins = '',
    bodyLimit = maxBodyBytes,
    beforeParsing = () => {},
  } = options;
  const cors = createCors(corsOrigins);
  const upgrades = createUpgrades();
  const app = Fastify({
    loggerInstance: logger,
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: requestIdOf,
    bodyLimit,
    http: {
      maxHeaderSize: maxHeaderBytes,
      // If headersTimeout is longer than requestTimeout, Node swaps them. Its default is longer: a body would get 60 s.
      headersTimeout: requestMs,
      connectionsCheckingInterval: lookForSlowMs,
      // Node's own rejection has neither a body nor a request id, so a hook below rejects such requests instead.
      requireHostHeader: false,
      shouldUpgradeCallback: (request) => upgrades.accepts(request),
    },
    keepAliveTimeout: keepAliveMs,
    requestTimeout: requestMs,
    ...(handlerMs !== undefined && { handlerTimeout: handlerMs }),
    forceCloseConnections: 'idle',
    // While the server stops, it still serves requests on open connections; each response closes its connection.
    return503OnClosing: false,
    clientErrorHandler: answerClientError,
    // These errors occur before the hooks run.
    frameworkErrors: (error, request, reply) => {
      setHeaders(request, reply);
      const detail = error.code === 'FST_ERR_MAX_PARAM_LENGTH' ? 'A path segment is too long' : 'The URL is malformed';
      sendProblem(reply, 'INVALID_REQUEST', { detail });
    },
  }).withTypeProvider<TypeBoxTypeProvider>();

  // Fastify also parses text/plain by default; without that, any type but JSON gets a 415.
  app.removeContentTypeParser('text/plain');
  app.addContentTypeParser(
    'application/json',
    { parseAs: 'string' },
    createJsonParser(app.getDefaultJsonParser('error', 'error'), beforeParsing),
  );
  app.setValidatorCompiler(compileValidator);
  app.setErrorHandler(createErrorHandler(isAway));
  const hasRoute = (method: HTTPMethods, url: string) => app.findRoute({ method, url }) !== null;
  const unrouted = createUnrouted({ hasRoute, cors });
  app.addHook('onRoute', (route) => {
    upgrades.seeRoute(route);
    unrouted.seeRoute(route);
    refuseUnknown(route);
  });
  app.setNotFoundHandler(unrouted.answer);
  app.addHook('onRequest', (request, reply, done) => {
    const { headers } = request;
    setHeaders(request, reply);
    if (upgrades.isHandshake(request)) upgrades.prepare(request, reply);
    const fault = faultOf(request);
    if (fault) return void sendProblem(reply, ...fault);
    // Replies now, before the body is read.
    if (request.is404) return void unrouted.answer(request, reply);
    // An empty body has no type, whatever the header claims: a POST without a body is fine.
    if (!hasBody(headers)) delete headers['content-type'];
    done();
  });
  app.addHook('preClose', (done) => {
    // Fastify closes connections that are idle now. One with a request in progress would stay open for keepAliveMs after its response.
    app.server.keepAliveTimeout = 1;
    done();
  });
  app.server.on('checkExpectation', refuseExpectation);
  app.server.on('connect', refuseConnect);
  app.addSchema(Problem);
  return app;

  /** Sets the headers that every response has. */
  function setHeaders(request: FastifyRequest, reply: FastifyReply): void {
    reply.header('x-request-id', request.id).header('x-content-type-options', 'nosniff');
    // TLS ends at the load balancer.
    if (request.headers['x-forwarded-proto'] === 'https') reply.header('strict-transport-security', `max-age=${aYearInSeconds}`);
    cors?.share(request, reply);
  }
}

/** Faults that make a request invalid on any route. */
function faultOf({ headers, raw }: FastifyRequest): [ProblemCode, ProblemExtra] | undefined {
  if (headers.host === undefined && raw.httpVersion === '1.1') {
    return ['INVALID_REQUEST', { errors: [{ header: 'Host', detail: 'is missing' }] }];
  }
  if (headers['content-encoding'] !== undefined) {
    return [
      'UNSUPPORTED_MEDIA_TYPE',
      { errors: [{ header: 'Content-Encoding', detail: 'is not supported; send the body without it' }] },
    ];
  }
  return undefined;
}

/** Path and query parameters arrive as text and are converted to their types first. A JSON body has types; headers stay text. */
const compileValidator: FastifySchemaCompiler<TSchema> = ({ schema, httpPart }) => {
  const check = Compile(schema);
  return (given) => {
    const value = httpPart === 'body' || httpPart === 'headers' ? given : convertExactly(schema, given);
    if (!check.Check(value)) return { error: check.Errors(value) as never };
    // If headers were returned as a value, Fastify would copy them on every access.
    return value === given || { value };
  };
};
