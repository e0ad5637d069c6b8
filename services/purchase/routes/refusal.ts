import type { FastifyReply } from 'fastify';
import { type ProblemError, problems, sendProblem } from '../../shared/problems.ts';
import type { Refusal } from '../seats/command.ts';

/**
 * Answers with why a command changed nothing. `nameOf` tells what the client called a wanted seat or ticket: the field, and
 * words for it; without it only the code is told.
 */
export function sendRefusal(
  reply: FastifyReply,
  { code, detail, positions = [] }: Refusal,
  nameOf?: (position: number) => { pointer: string; name: string },
) {
  reply.log.debug({ code, detail, positions }, 'refused');
  if (code === 'BUYER_REQUIRED') {
    const errors = [{ pointer: '#/buyerId', detail: 'is missing: the event limits how many tickets a buyer may have' }];
    return sendProblem(reply, 'INVALID_REQUEST', { errors });
  }
  const errors: ProblemError[] = positions.flatMap((position) => {
    const named = nameOf?.(position);
    return named ? [{ pointer: named.pointer, detail: `${named.name}: ${problems[code].title}` }] : [];
  });
  return sendProblem(reply, code, { ...(detail && { detail }), ...(errors.length > 0 && { errors }) });
}
