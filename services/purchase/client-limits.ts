import type { FastifyRequest } from 'fastify';
import type { HttpServer } from '../shared/http/http-server.ts';
import { createHmacSha256 } from '../shared/identity/order-token.ts';
import { principalName } from '../shared/identity/principal.ts';
import { createBuckets } from '../shared/limits/buckets.ts';
import { setRateLimitHeaders } from '../shared/limits/headers.ts';
import type { LimitSettings, RequestLimits } from '../shared/limits/limit-requests.ts';
import { takingSeats } from './routes/shed-early.ts';
import type { HoldingClient } from './seats/purchase.ts';

export type ClientLimitSettings = Pick<LimitSettings, 'CLIENT_LIMITS'> & {
  ORDER_TOKEN_SECRET: string;
  LIVE_HOLDS_PER_CLIENT: number;
  HELD_TICKETS_PER_CLIENT: number;
  GIVE_BACKS_PER_HOUR: number;
  IDEMPOTENCY_KEYS_PER_HOUR: number;
};

export type ClientLimits = ReturnType<typeof createClientLimits>;

const hourMs = 3_600_000;
const anyNumber = 999_999;

/**
 * What one client may do with seats. A client is a signed-in account, the network of an address whose requests have no credentials, or
 * the organiser of an API key. Box offices and partners act for many buyers: keys with the scope `sell` are limited only in what they hold
 * of other organisers' events (take-seats.ts), and the operator is not limited here.
 */
export function createClientLimits(settings: ClientLimitSettings, requestLimits: RequestLimits) {
  const { CLIENT_LIMITS, LIVE_HOLDS_PER_CLIENT, HELD_TICKETS_PER_CLIENT } = settings;
  // Holds have this name for a while, and addresses are personal data.
  const macOf = createHmacSha256(settings.ORDER_TOKEN_SECRET);
  const hourly = (number: number) =>
    CLIENT_LIMITS && number > 0 ? createBuckets({ burst: number, everyMs: hourMs / number }) : undefined;
  const giveBacks = hourly(settings.GIVE_BACKS_PER_HOUR);
  const keptReplies = hourly(settings.IDEMPOTENCY_KEYS_PER_HOUR);
  const limitsHolds = CLIENT_LIMITS && (LIVE_HOLDS_PER_CLIENT > 0 || HELD_TICKETS_PER_CLIENT > 0);

  /** The client's name, or undefined for one that is not limited. */
  function nameOf(request: FastifyRequest): string | undefined {
    const { principal } = request;
    if (principal.kind === 'account') return principalName(principal);
    if (principal.kind === 'key') return principal.scopes.includes('sell') ? undefined : keysOf(principal);
    return principal.kind === 'stranger' ? requestLimits.networkOf(request) : undefined;
  }

  return {
    /** The client of a new hold, if it is limited what it may hold. Its name says nothing about an address. */
    holdingClientOf(request: FastifyRequest): HoldingClient | undefined {
      const { principal } = request;
      const name = !limitsHolds ? undefined : principal.kind === 'key' ? keysOf(principal) : nameOf(request);
      if (name === undefined) return undefined;
      const id = principal.kind === 'stranger' ? macOf(`network ${name}`).slice(0, 16) : name;
      return [id, LIVE_HOLDS_PER_CLIENT || anyNumber, HELD_TICKETS_PER_CLIENT || anyNumber];
    },

    /**
     * Limits, on all routes registered after this call, what a client may take of an event after it has given back holds and orders again
     * and again; and how many Idempotency-Keys it may use, because each has a response that Redis keeps for a day. Giving back is
     * never refused.
     */
    limit(app: HttpServer): void {
      if (!giveBacks && !keptReplies) return;
      app.addHook('preHandler', (request, reply, done) => {
        const name = nameOf(request);
        if (name === undefined) return done();
        const { url = '', method } = request.routeOptions;
        const atEvent = giveBacks && takingSeats.has(url) ? `${name} ${eventOf(request)}` : '';
        const churnedMs = giveBacks && atEvent !== '' ? giveBacks.waitMs(atEvent) : 0;
        if (giveBacks && churnedMs > 0) {
          setRateLimitHeaders(reply, [giveBacks.standing(atEvent, 'give-backs')]);
          const detail = 'Too many holds and orders of this event were given back from here; keep what you take, or wait';
          return requestLimits.refuse(reply, { kind: 'churn', waitMs: churnedMs, code: 'CHURN_LIMIT_REACHED', detail });
        }
        const isKeyed = method === 'POST' && request.headers['idempotency-key'] !== undefined;
        const repliesMs = keptReplies && isKeyed ? keptReplies.take(name) : 0;
        if (!keptReplies || repliesMs === 0) return done();
        setRateLimitHeaders(reply, [keptReplies.standing(name, 'idempotency-keys')]);
        const detail = `One client may use ${settings.IDEMPOTENCY_KEYS_PER_HOUR} Idempotency-Keys an hour`;
        requestLimits.refuse(reply, { kind: 'kept-replies', waitMs: repliesMs, code: 'KEPT_REPLIES_LIMIT_REACHED', detail });
      });
      if (!giveBacks) return;
      app.addHook('onResponse', (request, reply, done) => {
        if (isGivingBack(request) && reply.statusCode < 300) {
          const name = nameOf(request);
          if (name !== undefined) giveBacks.force(`${name} ${eventOf(request)}`, 1);
        }
        done();
      });
    },
  };
}

/** All keys of an organiser are one client: it can have more of them at any time. */
const keysOf = ({ organiserId }: { organiserId: string }) => `keys:${organiserId}`;

const isGivingBack = ({ routeOptions: { url = '', method } }: FastifyRequest) =>
  url.includes('/holds/') ? method === 'DELETE' : url.endsWith('/cancel');

/** The event that a request is about: its body names it, or its hold's id. */
function eventOf({ body, params }: FastifyRequest): string {
  const { eventId } = (body ?? {}) as { eventId?: string };
  const { holdId = '' } = (params ?? {}) as { holdId?: string };
  return eventId ?? holdId.slice(0, holdId.indexOf('~'));
}
