import { STATUS_CODES } from 'node:http';
import type { FastifyReply } from 'fastify';
import { type Static, Type } from 'typebox';
import type { Fault } from '../basics/faults.ts';
import { type CheckResult, Checks } from './check-result.ts';

/** Every error that a client can see: its stable code, its HTTP status and its title. */
export const problems = {
  INVALID_REQUEST: { status: 400, title: 'The request is not valid' },
  SIGN_IN_NOT_VALID: { status: 400, title: 'The sign-in has expired or was begun in another browser; please begin again' },
  WEBHOOK_FORGED: { status: 400, title: 'The signature of the webhook is missing, wrong or too old' },
  NOT_SIGNED_IN: { status: 401, title: 'Credentials are missing or wrong' },
  SIGN_IN_FAILED: { status: 401, title: 'The e-mail address or the password is wrong' },
  SESSION_ENDED: { status: 401, title: 'The session has ended; please sign in again' },
  SIGN_IN_REQUIRED: { status: 401, title: 'Only signed-in buyers can buy tickets for this event' },
  PAYMENT_REQUIRED: { status: 402, title: 'Tickets for this event must be paid through checkout' },
  FORBIDDEN: { status: 403, title: 'These credentials do not allow this' },
  PASSWORD_WRONG: { status: 403, title: 'The current password is wrong' },
  SIGN_IN_AGAIN: { status: 403, title: 'For this, please sign in again' },
  ORDER_TOKEN_REQUIRED: { status: 403, title: "The order's token is required" },
  CHECKOUT_TOKEN_REQUIRED: { status: 403, title: "The checkout's token is required" },
  ORIGIN_NOT_ALLOWED: { status: 403, title: 'Pages from this origin may not connect' },
  SIGN_IN_REFUSED: { status: 403, title: 'The provider did not sign you in' },
  EVENT_NOT_FOUND: { status: 404, title: 'There is no such event' },
  ZONE_NOT_FOUND: { status: 404, title: 'The event has no such zone' },
  SEAT_NOT_FOUND: { status: 404, title: 'The zone has no such seat' },
  CATEGORY_NOT_FOUND: { status: 404, title: 'The zone has no such price category' },
  TICKET_TYPE_NOT_FOUND: { status: 404, title: 'There is no such ticket type for these seats' },
  PROMOTION_NOT_FOUND: { status: 404, title: 'There is no such promotion for these tickets now' },
  TICKET_NOT_FOUND: { status: 404, title: 'There is no such ticket' },
  ORDER_NOT_FOUND: { status: 404, title: 'There is no such order' },
  HOLD_NOT_FOUND: { status: 404, title: 'There is no such hold' },
  CHECKOUT_NOT_FOUND: { status: 404, title: 'There is no such checkout' },
  ORGANISER_NOT_FOUND: { status: 404, title: 'There is no such organiser' },
  MEMBER_NOT_FOUND: { status: 404, title: 'The organiser has no such member' },
  SESSION_NOT_FOUND: { status: 404, title: 'The account has no such session' },
  API_KEY_NOT_FOUND: { status: 404, title: 'There is no such API key' },
  VENUE_NOT_FOUND: { status: 404, title: 'There is no such venue' },
  HALL_NOT_FOUND: { status: 404, title: 'There is no such hall' },
  JOB_NOT_FOUND: { status: 404, title: 'Nobody has asked for this yet' },
  PROVIDER_NOT_FOUND: { status: 404, title: 'There is no such sign-in provider' },
  NOT_FOUND: { status: 404, title: 'Nothing is served at this path' },
  METHOD_NOT_ALLOWED: { status: 405, title: 'This path does not support this method' },
  REQUEST_TIMEOUT: { status: 408, title: 'The request took too long to arrive' },
  SEAT_TAKEN: { status: 409, title: 'The seat is taken' },
  SOLD_OUT: { status: 409, title: 'Not enough tickets left' },
  NO_ADJACENT_SEATS: { status: 409, title: 'Not enough seats left side by side' },
  TICKET_TYPE_SOLD_OUT: { status: 409, title: 'Not enough tickets of this type left' },
  PROMOTION_USED_UP: { status: 409, title: 'The promotion is not left for so many tickets' },
  PRICE_DIFFERS: { status: 409, title: 'The new seat has another price' },
  BUYER_LIMIT_REACHED: { status: 409, title: 'This would give the buyer more tickets than the event allows' },
  HOLD_LIMIT_REACHED: { status: 409, title: 'This would set aside more tickets than one client may hold at one time' },
  HOLD_EXPIRED: { status: 409, title: 'The hold has expired' },
  HOLD_CONFIRMED: { status: 409, title: 'The hold was already confirmed and is now an order' },
  HOLD_BEING_PAID: { status: 409, title: 'The hold is being paid, and cannot be changed meanwhile' },
  PAYMENT_OUTDATED: { status: 409, title: 'A newer attempt to pay has begun, or this one was ended' },
  PAID_THROUGH_CHECKOUT: { status: 409, title: 'The order was paid through checkout: refund it instead' },
  HOLD_EXTENDED: { status: 409, title: 'The hold was already extended' },
  PAYMENT_PENDING: { status: 409, title: 'The last payment may still succeed; please wait a moment' },
  CHECKOUT_ENDED: { status: 409, title: 'The checkout has ended' },
  TICKET_REFUNDED: { status: 409, title: 'The ticket was already refunded' },
  REFUND_TOO_MUCH: { status: 409, title: 'This is more than what is left of the payment' },
  NOTHING_TO_REFUND: { status: 409, title: 'Nothing is left of the payment to refund' },
  NOT_ON_SALE: { status: 409, title: 'The event is not on sale yet' },
  SALE_PAUSED: { status: 409, title: 'The sale is paused' },
  SALE_CLOSED: { status: 409, title: 'The sale has ended' },
  EMAIL_TAKEN: { status: 409, title: 'The address already has an account' },
  LAST_ADMIN: { status: 409, title: 'An organiser must keep at least one admin' },
  TOO_MANY_INVITATIONS: { status: 409, title: 'The organiser has too many open invitations' },
  TOO_MANY_API_KEYS: { status: 409, title: 'The organiser has too many API keys' },
  LINK_NOT_VALID: { status: 410, title: 'The link was already used, or has expired' },
  EVENT_EXISTS: { status: 409, title: 'There is an event of this id already' },
  EVENT_STATE: { status: 409, title: "The event's state does not allow this" },
  CHANGE_REFUSED: { status: 409, title: 'The change was refused; nothing was changed' },
  SALE_AFFECTED: { status: 409, title: 'The change would withdraw seats from a running sale; nothing was changed' },
  PRECONDITION_FAILED: { status: 412, title: 'Somebody else has changed it meanwhile; nothing was changed' },
  IDENTITY_LINKED: { status: 409, title: 'This identity already signs in to another account' },
  LAST_SIGN_IN: { status: 409, title: 'The account would have no way left to sign in' },
  PAYLOAD_TOO_LARGE: { status: 413, title: 'The request body is too large' },
  UNSUPPORTED_MEDIA_TYPE: { status: 415, title: 'The request body must be application/json, without a content encoding' },
  EXPECTATION_FAILED: { status: 417, title: 'The only supported expectation is 100-continue' },
  IDEMPOTENCY_KEY_REUSED: { status: 422, title: 'This Idempotency-Key was already used with a different request' },
  PRECONDITION_REQUIRED: { status: 428, title: 'A change needs the version that it is meant for' },
  RATE_LIMITED: { status: 429, title: 'Too many requests from this client' },
  CHURN_LIMIT_REACHED: { status: 429, title: 'This client has given back too many tickets of the event' },
  KEPT_REPLIES_LIMIT_REACHED: { status: 429, title: 'This client has used too many Idempotency-Keys' },
  TOO_MANY_WRONG_TOKENS: { status: 429, title: 'Too many wrong tokens' },
  TOO_MANY_SIGN_INS: { status: 429, title: 'Too many failed sign-ins' },
  HEADERS_TOO_LARGE: { status: 431, title: 'The request headers are too large' },
  INTERNAL_ERROR: { status: 500, title: 'Something went wrong on our side' },
  BAD_GATEWAY: { status: 502, title: 'The service closed the connection; the request may have taken effect' },
  INVENTORY_UNAVAILABLE: { status: 503, title: 'The inventory cannot be reached; nothing was promised' },
  SERVICE_UNAVAILABLE: { status: 503, title: 'The service is temporarily unavailable' },
  PROVIDER_UNAVAILABLE: {
    status: 503,
    title: 'The sign-in provider cannot be reached; please try again, or sign in another way',
  },
  GATEWAY_TIMEOUT: { status: 504, title: 'The service did not answer in time; the request may have taken effect' },
} as const satisfies Record<string, { status: number; title: string }>;

export type ProblemCode = keyof typeof problems;

/** Sent as Retry-After with every 503. */
const retryAfterSeconds = 1;

/** The body of every error response (RFC 9457). */
export const Problem = Type.Object(
  {
    type: Type.String({ description: 'A URN that identifies the kind of problem', examples: ['urn:onsale:problem:SEAT_TAKEN'] }),
    title: Type.String(),
    status: Type.Integer(),
    code: Type.Enum(Object.keys(problems) as ProblemCode[], { description: 'Stable; meant for programs' }),
    detail: Type.Optional(Type.String({ description: 'Explains this particular occurrence' })),
    errors: Type.Optional(
      Type.Array(
        Type.Object({
          detail: Type.String(),
          pointer: Type.Optional(Type.String({ description: 'The field in the request body: a JSON Pointer as a URI fragment' })),
          parameter: Type.Optional(Type.String({ description: 'The path or query parameter' })),
          header: Type.Optional(Type.String({ description: 'The header' })),
        }),
      ),
    ),
    checks: Type.Optional(Checks),
  },
  { $id: 'Problem' },
);

/** A dependency is unavailable. The client sees `code`; `cause` is only logged. */
export class UnavailableError extends Error {
  readonly code: ProblemCode;
  constructor(code: ProblemCode, cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
    this.name = 'UnavailableError';
    this.code = code;
  }
}

/** Rejects a request before any work, because too many are waiting. Shared: a stack trace for each would add to the overload. */
export const overloaded = new UnavailableError('SERVICE_UNAVAILABLE', 'Too many requests are waiting; nothing was promised');

export type ProblemError = { detail: string; pointer?: string; parameter?: string; header?: string };

export type ProblemExtra = { detail?: string; errors?: ProblemError[]; checks?: Record<string, CheckResult> };

export function problem(code: ProblemCode, extra: ProblemExtra = {}): Static<typeof Problem> {
  return { type: `urn:onsale:problem:${code}`, ...problems[code], code, ...extra };
}

/** Replies with a problem; a 503 carries Retry-After. */
export function sendProblem(reply: FastifyReply, code: ProblemCode, extra?: ProblemExtra) {
  const { status } = problems[code];
  if (status === 503 && !reply.hasHeader('retry-after')) reply.header('retry-after', retryAfterSeconds);
  return reply.code(status).type('application/problem+json').send(problem(code, extra));
}

/** Faults as RFC 9457 `errors`: body fields by pointer, headers and parameters by name. `context` is Fastify's `validationContext`. */
export function problemErrors(faults: Fault[], context: string | undefined): ProblemError[] {
  return faults.map(({ pointer, detail }) => {
    if (context === 'body') return { pointer: fragmentOf(pointer), detail };
    return context === 'headers' ? { header: pointer.slice(1), detail } : { parameter: pointer.slice(1), detail };
  });
}

/** RFC 6901, section 6. A field name can be any JSON string, even one with an unpaired surrogate. */
const fragmentOf = (pointer: string) => `#${encodeURI(pointer.toWellFormed()).replaceAll('#', '%23')}`;

/**
 * A route's problem responses, for its schema: grouped by status, each description lists its codes. A route that uses the inventory
 * can also be overloaded, and a route that checks tokens can also reject a client after too many requests, or too many wrong ones.
 */
export function problemResponses(...given: ProblemCode[]) {
  const codes = new Set(given);
  if (codes.has('INVENTORY_UNAVAILABLE')) codes.add('SERVICE_UNAVAILABLE');
  if (codes.has('NOT_SIGNED_IN')) codes.add('TOO_MANY_WRONG_TOKENS').add('RATE_LIMITED').add('SERVICE_UNAVAILABLE');
  const byStatus = Object.groupBy(codes, (code) => problems[code].status);
  return Object.fromEntries(
    Object.entries(byStatus).map(([status, group = []]) => [
      status,
      {
        description: `${STATUS_CODES[status]}: ${group.join(', ')}`,
        ...(status === '503' && { headers: { 'Retry-After': retryAfterHeader } }),
        ...(status === '429' && { headers: { 'Retry-After': retryAfterHeader, ...rateLimitHeaders } }),
        content: { 'application/problem+json': { schema: Type.Ref('Problem'), examples: examplesOf(group) } },
      },
    ]),
  );
}

const retryAfterHeader = Type.Integer({ description: 'Seconds to wait before trying again' });

/** Limited requests have them, and all responses to accounts and API keys (limits/headers.ts). */
const rateLimitHeaders = {
  'RateLimit-Policy': Type.String({
    description:
      "The client's limits: for each its quota `q` of requests in a window of `w` seconds (draft-ietf-httpapi-ratelimit-headers)",
    examples: ['"address";q=60;w=3'],
  }),
  RateLimit: Type.String({
    description: 'How much of each is left, `r`, and in how many seconds all of it is available again, `t`',
    examples: ['"address";r=0;t=3'],
  }),
};

/** An example response for each code, for the documentation. */
const examplesOf = (codes: ProblemCode[]) =>
  Object.fromEntries(codes.map((code) => [code, { summary: problems[code].title, value: problem(code) }]));
