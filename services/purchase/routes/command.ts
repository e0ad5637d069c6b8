import { createHash } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import type { HttpServer } from '../../shared/http-server.ts';
import { patterned } from '../../shared/patterned.ts';
import { sendProblem } from '../../shared/problems.ts';
import { isTraceparent } from '../../shared/traceparent.ts';
import type { Command } from '../seats/command.ts';

/** As the IETF draft has it, a quoted string (RFC 8941, without escapes); bare ones are common, and accepted too. */
const idempotencyKeyPattern = '^("[\\x20\\x21\\x23-\\x5b\\x5d-\\x7e]{1,255}"|[\\x21\\x23-\\x5b\\x5d-\\x7e]{1,255})$';

/** Strangers share one scope: a key that another stranger could guess would give away the answer, which is a hold's secret id. */
const minStrangersCharacters = 16;

/** The headers of every POST, for its schema. */
export const commandHeaders = Type.Object({
  'idempotency-key': Type.Optional(
    patterned(idempotencyKeyPattern, 'must be 1 to 255 printable ASCII characters, without spaces unless quoted', {
      description:
        'Up to 255 printable characters, quoted or not; best a UUID. Without credentials it needs at least 16, as whoever knows it ' +
        'can get the same answer. For 24 hours the same key with a request that means the same gives the same answer, whether it ' +
        'sold or refused; with any other request it is a 422.',
    }),
  ),
});

/** Refuses short Idempotency-Keys of strangers, on all routes that are registered from now on. */
export function refuseGuessableKeys(app: HttpServer): void {
  app.addHook('preHandler', (request, reply, done) => {
    const key = idempotencyKeyOf(request);
    if (key === undefined || request.principal !== 'stranger' || key.length >= minStrangersCharacters) return done();
    const detail = `must have at least ${minStrangersCharacters} characters, so that nobody guesses it; use a UUID`;
    void sendProblem(reply, 'INVALID_REQUEST', { errors: [{ header: 'Idempotency-Key', detail }] });
  });
}

/**
 * A request as a command on an event. `meaning` is what it asks for, as JSON can say it, with every default filled in: two requests
 * that mean the same are one for their Idempotency-Key, however they are written.
 */
export function commandOf(request: FastifyRequest, eventId: string, meaning: unknown[]): Command {
  const { traceparent } = request.headers;
  const command: Command = { eventId };
  if (isTraceparent(traceparent)) command.traceparent = traceparent;
  const key = idempotencyKeyOf(request);
  if (key !== undefined) {
    const fingerprint = createHash('sha256').update(JSON.stringify(meaning)).digest('base64url');
    command.idempotency = { key, scope: request.principal, fingerprint };
  }
  return command;
}

function idempotencyKeyOf({ headers }: FastifyRequest): string | undefined {
  const { 'idempotency-key': key } = headers;
  return typeof key === 'string' ? key.replace(/^"(.*)"$/, '$1') : undefined;
}
