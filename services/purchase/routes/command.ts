import { createHash } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { isTraceparent } from '../../shared/traceparent.ts';
import type { Command } from '../seats/command.ts';

/** As the IETF draft has it, a quoted string (RFC 8941, without escapes); bare ones are common, and taken too. */
const idempotencyKeyPattern = '^("[\\x20\\x21\\x23-\\x5b\\x5d-\\x7e]{1,255}"|[\\x21\\x23-\\x5b\\x5d-\\x7e]{1,255})$';

/** The headers of every POST, for its schema. */
export const commandHeaders = Type.Object({
  'idempotency-key': Type.Optional(
    Type.String({
      pattern: idempotencyKeyPattern,
      description:
        'Up to 255 printable characters, quoted or not. The same key with the same request gives the same answer for 24 hours, ' +
        'whether it sold or refused; with another request it is a 422.',
      examples: ['"8e03978e-40d5-43e8-bc93-6894a57f9324"'],
    }),
  ),
});

/** What a request's headers bring to a command on an event. */
export function commandOf({ headers, method, url, body }: FastifyRequest, eventId: string): Command {
  const { traceparent, 'idempotency-key': key } = headers;
  const command: Command = { eventId };
  if (isTraceparent(traceparent)) command.traceparent = traceparent;
  if (typeof key === 'string') {
    const fingerprint = createHash('sha256')
      .update(`${method} ${url} ${JSON.stringify(body)}`)
      .digest('base64url');
    command.idempotency = { key: key.replace(/^"(.*)"$/, '$1'), fingerprint };
  }
  return command;
}
