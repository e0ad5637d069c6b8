import { createHash, timingSafeEqual } from 'node:crypto';
import type { FastifyReply, FastifyRequest, onRequestHookHandler, RouteOptions } from 'fastify';
import { clientAddressOf, networkOf } from '../http/client-address.ts';
import type { HttpServer } from '../http/http-server.ts';
import { sendProblem, UnavailableError } from '../http/problems.ts';
import { createSampledLog } from '../telemetry/sampled-log.ts';
import { isOperation, mayAnywhere, type Operation } from './permissions.ts';
import { operator, type Principal, stranger } from './principal.ts';
import type { Verifier } from './verifier.ts';
import { createWrongTokens } from './wrong-tokens.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Set before anything else happens in a request to the API (identifyPrincipals). */
    principal: Principal;
  }
  interface FastifyInstance {
    /** Every route, in the order of registration; one without an operation is public. */
    guardedRoutes: GuardedRoute[];
  }
  interface FastifyContextConfig {
    /** The operation of permissions.ts that the route does. */
    operation?: Operation;
  }
}

/** A route as it was registered. */
export type GuardedRoute = Pick<RouteOptions, 'url' | 'schema'> & { methods: string[]; operation: Operation | undefined };

/** A wrong token, or one after too many of them: its sender must wait `retryAfterSeconds`; 0 if still within the limits. */
export type WrongToken = { kind: 'wrong'; retryAfterSeconds: number };

/** Identifies who sent a token with a request. Throws an UnavailableError while it cannot be checked. */
export type TokenCheck = (request: FastifyRequest, token: string) => Promise<Principal | WrongToken>;

/** `addressOf`: a client's address; by default, what one proxy has appended to X-Forwarded-For. */
type TokenCheckOptions = { opsToken: string; verifier: Verifier; addressOf?: ((request: FastifyRequest) => string) | undefined };

/** The token of `Authorization: Bearer` (RFC 6750); undefined if there is none. */
export const bearerOf = ({ headers }: FastifyRequest): string | undefined =>
  /^Bearer (\S+)$/i.exec(headers.authorization ?? '')?.[1];

/**
 * Identifies the principal of each request by its bearer token, on all routes with an operation (permissions.ts) that are registered
 * after this call, and refuses those who may do the operation nowhere. Throws for an API route without an operation. A request
 * without an Authorization header comes from a stranger. Wrong credentials get 401, or 429 after too many of them. Returns the
 * token check for tokens sent in other ways, so that wrong ones count together.
 */
export function identifyPrincipals(app: HttpServer, options: TokenCheckOptions): TokenCheck {
  const { recall, check } = createTokenCheck(options);

  function identifyFor(operation: Operation): onRequestHookHandler {
    const admit = (principal: Principal, request: FastifyRequest, reply: FastifyReply, done: () => void): void => {
      if (!mayAnywhere(principal, operation)) return void sendForbidden(reply, principal);
      request.principal = principal;
      done();
    };
    return (request, reply, done) => {
      if (request.headers.authorization === undefined) return admit(stranger, request, reply, done);
      const token = bearerOf(request) ?? '';
      const known = recall(token);
      if (known) return admit(known, request, reply, done);
      check(request, token).then(
        (sender) => (sender.kind === 'wrong' ? void sendNotSignedIn(reply, sender) : admit(sender, request, reply, done)),
        // Hooks of an answered request must not go on, so errors are passed on only here.
        (error: Error) => done(error),
      );
    };
  }

  // A value that requests share must not be an object, so that none can change it for others; the hook sets it.
  app.decorateRequest('principal', null as never);
  app.addHook('onRequest', (request, _reply, done) => {
    request.principal = stranger;
    done();
  });
  const guardedRoutes: GuardedRoute[] = [];
  app.decorate('guardedRoutes', guardedRoutes);
  app.addHook('onRoute', (route) => {
    const operation = operationOf(route);
    const { url, method, schema } = route;
    guardedRoutes.push({ url, methods: [method].flat(), operation, ...(schema && { schema }) });
    if (operation !== undefined) route.onRequest = [identifyFor(operation), ...[route.onRequest ?? []].flat()];
  });
  return check;
}

/** Paths whose routes must name their operation. Others are pages, documents and health, and are public if they name none. */
const isGuarded = /\/(api|internal)\//;

function operationOf({ url, method, config }: RouteOptions): Operation | undefined {
  const { operation } = config ?? {};
  if (isOperation(operation)) return operation;
  if (operation === undefined && !isGuarded.test(url)) return undefined;
  throw new Error(`${[method].flat().join(', ')} ${url} needs an operation of permissions.ts, not ${String(operation)}`);
}

const behindOneProxy = (request: FastifyRequest) => clientAddressOf(request, 1);

/** Recognises the operator's token (none if ''), and asks the verifier about others; counts and logs wrong ones. */
function createTokenCheck({ opsToken, verifier, addressOf = behindOneProxy }: TokenCheckOptions) {
  const expected = digestOf(opsToken);
  const wrongTokens = createWrongTokens();
  const warn = createSampledLog('warn', 'a wrong token');
  const warnUnverified = createSampledLog('warn', 'a token that was not verified, after too many wrong ones');
  const recall = (token: string): Principal | undefined => {
    const known = verifier.recall(token);
    if (known) return known;
    return opsToken !== '' && timingSafeEqual(digestOf(token), expected) ? operator : undefined;
  };
  const check: TokenCheck = async (request, token) => {
    const known = recall(token);
    if (known) return known;
    const address = addressOf(request);
    const network = networkOf(address);
    const verified = await verifier.verify(token, network);
    if (verified === 'unknown') throw new UnavailableError('SERVICE_UNAVAILABLE', 'No keys to check tokens with were read yet');
    if (verified === 'expired') return { kind: 'wrong', retryAfterSeconds: 0 };
    if (verified === 'wrong') {
      warn(request.log, { address });
      return { kind: 'wrong', retryAfterSeconds: wrongTokens.add(network) };
    }
    if (verified.kind !== 'unverified') return verified;
    warnUnverified(request.log, { address });
    return { kind: 'wrong', retryAfterSeconds: Math.ceil(verified.waitMs / 1_000) };
  };
  return { recall, check };
}

/** All digests have the same length, so they can be compared in constant time. */
const digestOf = (text: string) => createHash('sha256').update(text).digest();

/** Replies to a request with missing or wrong credentials: 401, or 429 if `retryAfterSeconds` is above 0. */
export function sendNotSignedIn(reply: FastifyReply, { retryAfterSeconds } = { retryAfterSeconds: 0 }) {
  if (retryAfterSeconds > 0) return sendProblem(reply.header('retry-after', retryAfterSeconds), 'TOO_MANY_WRONG_TOKENS');
  return sendProblem(reply.header('www-authenticate', 'Bearer'), 'NOT_SIGNED_IN');
}

/** Replies to a principal who may not do an operation: 401 to a stranger, who may sign in, and 403 to all others. */
export const sendForbidden = (reply: FastifyReply, principal: Principal) =>
  principal.kind === 'stranger' ? sendNotSignedIn(reply) : sendProblem(reply, 'FORBIDDEN');
