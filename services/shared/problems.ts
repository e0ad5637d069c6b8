import { STATUS_CODES } from 'node:http';
import type { FastifyReply } from 'fastify';
import { type Static, Type } from 'typebox';
import { type CheckResult, Checks } from './check-result.ts';
import type { Fault } from './faults.ts';

/** Every error that a client can see: its stable code, its HTTP status and its title. */
export const problems = {
  INVALID_REQUEST: { status: 400, title: 'The request is not valid' },
  NOT_SIGNED_IN: { status: 401, title: 'Credentials are needed, or those given are wrong' },
  ORDER_TOKEN_REQUIRED: { status: 403, title: "This needs the order's token" },
  ORIGIN_NOT_ALLOWED: { status: 403, title: 'Pages of this origin may not connect' },
  EVENT_NOT_FOUND: { status: 404, title: 'There is no such event' },
  ZONE_NOT_FOUND: { status: 404, title: 'The event has no such zone' },
  SEAT_NOT_FOUND: { status: 404, title: 'The zone has no such seat' },
  TICKET_NOT_FOUND: { status: 404, title: 'There is no such ticket' },
  ORDER_NOT_FOUND: { status: 404, title: 'There is no such order' },
  HOLD_NOT_FOUND: { status: 404, title: 'There is no such hold' },
  NOT_FOUND: { status: 404, title: 'Nothing is served at this path' },
  METHOD_NOT_ALLOWED: { status: 405, title: 'This path does not support this method' },
  REQUEST_TIMEOUT: { status: 408, title: 'The request took too long to arrive' },
  SEAT_TAKEN: { status: 409, title: 'The seat is taken' },
  SOLD_OUT: { status: 409, title: 'So many tickets are not left' },
  NO_ADJACENT_SEATS: { status: 409, title: 'So many seats are not left side by side' },
  BUYER_LIMIT_REACHED: { status: 409, title: 'The buyer would have more tickets than the event allows' },
  HOLD_EXPIRED: { status: 409, title: 'The hold has expired' },
  HOLD_CONFIRMED: { status: 409, title: 'The hold was confirmed; it is an order' },
  HOLD_EXTENDED: { status: 409, title: 'The hold was extended before' },
  NOT_ON_SALE: { status: 409, title: 'The event is not on sale yet' },
  PAYLOAD_TOO_LARGE: { status: 413, title: 'The body is too large' },
  UNSUPPORTED_MEDIA_TYPE: { status: 415, title: 'The body must be application/json, without a content encoding' },
  EXPECTATION_FAILED: { status: 417, title: 'The only supported expectation is 100-continue' },
  IDEMPOTENCY_KEY_REUSED: { status: 422, title: 'The Idempotency-Key came before, with another request' },
  TOO_MANY_WRONG_TOKENS: { status: 429, title: 'Too many wrong tokens' },
  HEADERS_TOO_LARGE: { status: 431, title: 'The headers are too large' },
  INTERNAL_ERROR: { status: 500, title: 'Something went wrong on our side' },
  BAD_GATEWAY: { status: 502, title: 'The service hung up; the request may have taken effect' },
  INVENTORY_UNAVAILABLE: { status: 503, title: 'The inventory cannot be reached; nothing was promised' },
  SERVICE_UNAVAILABLE: { status: 503, title: 'The service cannot do its work right now' },
  GATEWAY_TIMEOUT: { status: 504, title: 'The service did not answer in time; the request may have taken effect' },
} as const satisfies Record<string, { status: number; title: string }>;

export type ProblemCode = keyof typeof problems;

/** Seconds after which a client may try again when a store was away. */
const retryAfterSeconds = 1;

/** The body of every error answer (RFC 9457). */
export const Problem = Type.Object(
  {
    type: Type.String({ description: 'A URN that names the problem', examples: ['urn:onsale:problem:SEAT_TAKEN'] }),
    title: Type.String(),
    status: Type.Integer(),
    code: Type.Enum(Object.keys(problems) as ProblemCode[], { description: 'Stable; made for programs' }),
    detail: Type.Optional(Type.String({ description: 'What is particular to this occurrence' })),
    errors: Type.Optional(
      Type.Array(
        Type.Object({
          detail: Type.String(),
          pointer: Type.Optional(Type.String({ description: 'The field in the body, a JSON Pointer as a URI fragment' })),
          parameter: Type.Optional(Type.String({ description: 'The parameter of the path or the query' })),
          header: Type.Optional(Type.String({ description: 'The header' })),
        }),
      ),
    ),
    checks: Type.Optional(Checks),
  },
  { $id: 'Problem' },
);

/** A dependency that is away, as told to the client by `code`; `cause` is for the log. */
export class UnavailableError extends Error {
  readonly code: ProblemCode;
  constructor(code: ProblemCode, cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
    this.name = 'UnavailableError';
    this.code = code;
  }
}

/** Nothing was done, as too much is asked for already. One for all of them: a stack for each would be an overload of its own. */
export const overloaded = new UnavailableError('SERVICE_UNAVAILABLE', 'Too many requests wait; nothing was promised');

export type ProblemError = { detail: string; pointer?: string; parameter?: string; header?: string };

export type ProblemExtra = { detail?: string; errors?: ProblemError[]; checks?: Record<string, CheckResult> };

export function problem(code: ProblemCode, extra: ProblemExtra = {}): Static<typeof Problem> {
  return { type: `urn:onsale:problem:${code}`, ...problems[code], code, ...extra };
}

/** Answers with a problem; a 503 carries Retry-After. */
export function sendProblem(reply: FastifyReply, code: ProblemCode, extra?: ProblemExtra) {
  const { status } = problems[code];
  if (status === 503) reply.header('retry-after', retryAfterSeconds);
  return reply.code(status).type('application/problem+json').send(problem(code, extra));
}

/** Faults as RFC 9457 `errors`: a body's by pointer, a header or a parameter by its name. */
export function problemErrors(faults: Fault[], context: string | undefined): ProblemError[] {
  return faults.map(({ pointer, detail }) => {
    if (context === 'body') return { pointer: fragmentOf(pointer), detail };
    return context === 'headers' ? { header: pointer.slice(1), detail } : { parameter: pointer.slice(1), detail };
  });
}

/** RFC 6901, section 6; a field's name may be anything that a JSON string can say, halves of surrogate pairs too. */
const fragmentOf = (pointer: string) => `#${encodeURI(pointer.toWellFormed()).replaceAll('#', '%23')}`;

/**
 * The problem answers of a route, for its schema: grouped by status, each description naming its codes. Where the inventory is
 * asked, there can also be too many who ask, and where a token may be wrong, too many wrong ones.
 */
export function problemResponses(...given: ProblemCode[]) {
  const codes = new Set(given);
  if (codes.has('INVENTORY_UNAVAILABLE')) codes.add('SERVICE_UNAVAILABLE');
  if (codes.has('NOT_SIGNED_IN')) codes.add('TOO_MANY_WRONG_TOKENS');
  const byStatus = Object.groupBy(codes, (code) => problems[code].status);
  return Object.fromEntries(
    Object.entries(byStatus).map(([status, group = []]) => [
      status,
      {
        description: `${STATUS_CODES[status]}: ${group.join(', ')}`,
        ...((status === '503' || status === '429') && { headers: { 'Retry-After': retryAfterHeader } }),
        content: { 'application/problem+json': { schema: Type.Ref('Problem'), examples: examplesOf(group) } },
      },
    ]),
  );
}

const retryAfterHeader = Type.Integer({ description: 'Seconds after which to try again' });

/** What each code's answer looks like, for the documentation. */
const examplesOf = (codes: ProblemCode[]) =>
  Object.fromEntries(codes.map((code) => [code, { summary: problems[code].title, value: problem(code) }]));
