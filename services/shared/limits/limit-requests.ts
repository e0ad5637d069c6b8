import type { FastifyReply, FastifyRequest, onRequestHookHandler } from 'fastify';
import { clientAddressOf, networkOf } from '../http/client-address.ts';
import type { HttpServer } from '../http/http-server.ts';
import { type ProblemCode, sendProblem } from '../http/problems.ts';
import { type Principal, principalName } from '../identity/principal.ts';
import type { RedisClient } from '../stores/redis.ts';
import { createSampledLog } from '../telemetry/sampled-log.ts';
import { createBuckets } from './buckets.ts';
import { setRateLimitHeaders } from './headers.ts';
import { createKeyLimits } from './key-limits.ts';
import { parsePlans } from './plans.ts';

/** The settings of process/config.ts that these limits depend on. */
export type LimitSettings = {
  CLIENT_LIMITS: boolean;
  TRUSTED_PROXIES: number;
  REQUESTS_PER_SECOND: number;
  REQUESTS_AT_ONCE: number;
  API_KEY_PLANS: string;
};

/** The metric of the requests that were refused with 429, for `counterOfProcess`. */
export const limitedRequests = (counts: RequestLimits['counts']) =>
  ['onsale_limited_requests_total', 'Requests beyond a limit, by its kind.', () => counts, 'kind'] as const;

export type RequestLimits = ReturnType<typeof createRequestLimits>;

/** Why requests were refused with 429, for the metric. */
export type LimitedKind = (typeof limitedKinds)[number];
const limitedKinds = ['address', 'account', 'key', 'quota', 'churn', 'kept-replies', 'mails'] as const;

/** A process's limits on requests. `redis`: with it, all processes share the limits of API keys. */
export function createRequestLimits(settings: LimitSettings, redis?: RedisClient) {
  const { CLIENT_LIMITS, TRUSTED_PROXIES, REQUESTS_PER_SECOND, REQUESTS_AT_ONCE, API_KEY_PLANS } = settings;
  const isLimited = CLIENT_LIMITS && REQUESTS_PER_SECOND > 0;
  // From zero: a counter that appears with its first event hides that event from Prometheus.
  const counts = new Map<LimitedKind, number>(limitedKinds.map((kind) => [kind, 0]));
  const log = createSampledLog('info', 'limited');
  const addressOf = (request: FastifyRequest) => clientAddressOf(request, TRUSTED_PROXIES);
  return {
    clients: isLimited ? createBuckets({ burst: REQUESTS_AT_ONCE, everyMs: 1_000 / REQUESTS_PER_SECOND }) : undefined,
    keys: createKeyLimits({ plans: parsePlans(API_KEY_PLANS), redis }),

    addressOf,

    /** The network that a request's client is limited with. */
    networkOf: (request: FastifyRequest) => networkOf(addressOf(request)),

    /** How many requests were refused since the process started, by kind. */
    counts: counts as ReadonlyMap<LimitedKind, number>,

    /** Refuses a request with 429 (RFC 6585) until `waitMs` from now. */
    refuse(
      reply: FastifyReply,
      { kind, waitMs, code = 'RATE_LIMITED', detail }: { kind: LimitedKind; waitMs: number; code?: ProblemCode; detail: string },
    ): void {
      counts.set(kind, (counts.get(kind) ?? 0) + 1);
      log(reply.log, { kind });
      sendProblem(reply.header('retry-after', Math.max(1, Math.ceil(waitMs / 1_000))), code, { detail });
    },
  };
}

/**
 * Limits the requests to all API routes that are registered after this call. It must come after identifyPrincipals: a signed-in account
 * has a bucket of its own, and so has the network of an address whose requests have no credentials. API keys have their plan. The
 * operator and other services are not limited, nor is anything that is neither an API, nor a WebSocket, nor a sign-in with a provider:
 * health, pages and documents.
 */
export function limitRequests(app: HttpServer, limits: RequestLimits): void {
  const limit: onRequestHookHandler = (request, reply, done) => {
    const { principal } = request;
    if (principal.kind === 'key') return void limitKey(limits, principal, reply, done);
    const isAccount = principal.kind === 'account';
    if (!limits.clients || (!isAccount && principal.kind !== 'stranger')) return done();
    const name = isAccount ? principalName(principal) : limits.networkOf(request);
    const waitMs = limits.clients.take(name);
    // Strangers see the headers only when they need them: a sale has thousands of responses a second.
    if (isAccount || waitMs > 0) setRateLimitHeaders(reply, [limits.clients.standing(name, isAccount ? 'account' : 'address')]);
    if (waitMs === 0) return done();
    const { burst, everyMs } = limits.clients.limit;
    const whose = isAccount ? 'An account' : 'An address without credentials';
    const detail = `${whose} may send ${Math.round(1_000 / everyMs)} requests a second, and ${burst} together`;
    limits.refuse(reply, { kind: isAccount ? 'account' : 'address', waitMs, detail });
  };
  app.addHook('onRoute', (route) => {
    if (/\/(api|ws|oidc)\//.test(route.url)) route.onRequest = [...[route.onRequest ?? []].flat(), limit];
  });
}

type Key = Extract<Principal, { kind: 'key' }>;

async function limitKey(limits: RequestLimits, { keyId, plan }: Key, reply: FastifyReply, done: (error?: Error) => void) {
  const { waitMs, limitedBy, standings } = await limits.keys.take(keyId, plan);
  setRateLimitHeaders(reply, standings);
  if (waitMs === 0) return done();
  const detail =
    limitedBy === 'quota'
      ? `The key's plan (${plan}) has no requests left today`
      : `The key's plan (${plan}) allows no more requests now`;
  limits.refuse(reply, { kind: limitedBy === 'quota' ? 'quota' : 'key', waitMs, detail });
}
