import { createHash } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import { type TProperties, Type } from 'typebox';
import { documentedAs } from '../../shared/http/documented-as.ts';
import type { HttpServer } from '../../shared/http/http-server.ts';
import { idempotencyKey, idempotencyKeyOf } from '../../shared/http/idempotency-key.ts';
import { sendProblem } from '../../shared/http/problems.ts';
import { principalName } from '../../shared/identity/principal.ts';
import type { Command } from '../../shared/inventory/call-script.ts';
import { isTraceparent } from '../../shared/telemetry/traceparent.ts';

/** Strangers share one scope: anyone who guesses a stranger's key could replay its response, which may contain a secret hold id. */
const minStrangersCharacters = 16;

const keyHeader = (least: number) => ({
  'idempotency-key': Type.Optional(
    idempotencyKey(
      least,
      'Up to 255 printable characters, quoted or not; preferably a UUID. Without credentials it needs at least 16, because ' +
        'anyone who knows the key can replay the response. For 24 hours, an equivalent request with the same key gets the same ' +
        'response, success or refusal; any other request for the same event with that key gets a 422.',
    ),
  ),
});

/**
 * The schema of a POST's headers, with `more` of the route's own. The API's document shows the limits for strangers; others' keys may be
 * shorter.
 */
export const commandHeaders = <More extends TProperties>(more: More) =>
  Type.Object({ ...keyHeader(1), ...more }, { [documentedAs]: Type.Object({ ...keyHeader(minStrangersCharacters), ...more }) });

/** Refuses short Idempotency-Keys from strangers, on all routes registered after this call. */
export function refuseGuessableKeys(app: HttpServer): void {
  app.addHook('preHandler', (request, reply, done) => {
    const key = idempotencyKeyOf(request);
    if (key === undefined || request.principal.kind !== 'stranger' || key.length >= minStrangersCharacters) return done();
    const detail = `must have at least ${minStrangersCharacters} characters, so that nobody can guess it; use a UUID`;
    void sendProblem(reply, 'INVALID_REQUEST', { errors: [{ header: 'Idempotency-Key', detail }] });
  });
}

/**
 * Turns a request into a command on an event. `meaning` is what the request asks for, as JSON values with every default filled in.
 * Requests with the same meaning have the same fingerprint, so an Idempotency-Key replays however their JSON is written.
 */
export function commandOf(request: FastifyRequest, eventId: string, meaning: unknown[]): Command {
  const { traceparent } = request.headers;
  const command: Command = { eventId };
  if (isTraceparent(traceparent)) command.traceparent = traceparent;
  const key = idempotencyKeyOf(request);
  if (key !== undefined) {
    const fingerprint = createHash('sha256').update(JSON.stringify(meaning)).digest('base64url');
    command.idempotency = { key, scope: principalName(request.principal), fingerprint };
  }
  return command;
}
