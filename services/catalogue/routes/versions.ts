import type { FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { type ProblemExtra, sendProblem } from '../../shared/http/problems.ts';

/** An event's, venue's or hall's version as an entity tag (RFC 9110). */
export const etagOf = (version: number) => `"${version}"`;

export const etagHeader = Type.String({ description: 'The version; send it as If-Match with a change', examples: ['"3"'] });

/** The schema of a change's headers. */
export const preconditionHeaders = Type.Object({
  'if-match': Type.Optional(
    Type.String({
      maxLength: 100,
      description: 'The ETag that was read: the change is refused if there is a newer version. Or `*`',
    }),
  ),
  'if-none-match': Type.Optional(Type.String({ maxLength: 100, description: '`*`: only if there is none yet' })),
});

/** The version that a change is meant for: 0 for one that must be new; undefined for any. */
export type Expected = { version: number | undefined };

/**
 * Reads a change's preconditions (RFC 9110, section 13). Replies and returns undefined if they are malformed; if they are missing although there
 * is something to lose (`known`: its version, undefined if it does not exist); or if they do not hold.
 */
export function readPrecondition(request: FastifyRequest, reply: FastifyReply, known: number | undefined): Expected | undefined {
  const { 'if-match': match, 'if-none-match': noneMatch } = request.headers;
  const refuse = (extra: ProblemExtra) => void sendProblem(reply, 'INVALID_REQUEST', extra);
  if (match !== undefined && noneMatch !== undefined) {
    return refuse({ errors: [{ header: 'If-None-Match', detail: 'cannot be beside If-Match' }] });
  }
  if (noneMatch !== undefined) {
    if (noneMatch.trim() !== '*') return refuse({ errors: [{ header: 'If-None-Match', detail: 'must be * on a change' }] });
    if (known === undefined) return { version: 0 };
    return void sendProblem(reply.header('etag', etagOf(known)), 'PRECONDITION_FAILED', { detail: 'It exists already' });
  }
  if (match === undefined) {
    if (known === undefined) return { version: 0 };
    return void sendProblem(reply.header('etag', etagOf(known)), 'PRECONDITION_REQUIRED', {
      errors: [{ header: 'If-Match', detail: 'must be the ETag of the version to change, or *' }],
    });
  }
  if (known === undefined) return void sendProblem(reply, 'PRECONDITION_FAILED', { detail: 'There is none yet' });
  if (match.trim() === '*') return { version: undefined };
  const versions = match.split(',').map((tag) => /^"([0-9]{1,9})"$/.exec(tag.trim())?.[1]);
  if (versions.includes(undefined))
    return refuse({ errors: [{ header: 'If-Match', detail: 'must be an ETag that was read, such as "3"' }] });
  if (versions.includes(String(known))) return { version: known };
  return void sendProblem(reply.header('etag', etagOf(known)), 'PRECONDITION_FAILED');
}

/** As readPrecondition, for actions whose repetition does no harm: without a header, any version will do. */
export const readOptionalPrecondition = (request: FastifyRequest, reply: FastifyReply, known: number) =>
  request.headers['if-match'] === undefined && request.headers['if-none-match'] === undefined
    ? { version: undefined }
    : readPrecondition(request, reply, known);
