import type { FastifyRequest } from 'fastify';
import { patterned } from '../basics/patterned.ts';

/** The IETF draft requires a quoted string (RFC 8941; here without escapes). Clients often leave out the quotes; that is accepted too. */
const patternOf = (least: number) =>
  `^("[\\x20\\x21\\x23-\\x5b\\x5d-\\x7e]{${least},255}"|[\\x21\\x23-\\x5b\\x5d-\\x7e]{${least},255})$`;

/** The schema of the header Idempotency-Key, of at least so many characters. */
export const idempotencyKey = (least: number, description: string) =>
  patterned(patternOf(least), `must be ${least} to 255 printable ASCII characters, without spaces unless quoted`, {
    description,
  });

/** A request's Idempotency-Key, without its quotes. */
export function idempotencyKeyOf({ headers }: FastifyRequest): string | undefined {
  const { 'idempotency-key': key } = headers;
  return typeof key === 'string' ? key.replace(/^"(.*)"$/, '$1') : undefined;
}
