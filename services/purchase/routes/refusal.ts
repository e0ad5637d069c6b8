import type { FastifyReply } from 'fastify';
import { getOrInsertComputed } from '../../shared/get-or-insert.ts';
import type { Logger } from '../../shared/logger.ts';
import { type ProblemError, problems, sendProblem } from '../../shared/problems.ts';
import { createSampledLog } from '../../shared/sampled-log.ts';
import type { Refusal } from '../seats/command.ts';

/**
 * Answers a command that changed nothing with the reason. `nameOf` returns what the client called a wanted seat or ticket: the field,
 * and words for it; without it the answer has the code alone. Only the operator hears what is secret.
 */
export function sendRefusal(
  reply: FastifyReply,
  { code, detail, secret, positions = [] }: Refusal,
  nameOf?: (position: number) => { pointer: string; name: string },
) {
  logRefusal(reply.log, { code, positions, ...(detail && { detail }) });
  if (code === 'BUYER_REQUIRED') {
    const errors = [{ pointer: '#/buyerId', detail: 'is missing: the event limits how many tickets a buyer may have' }];
    return sendProblem(reply, 'INVALID_REQUEST', { errors });
  }
  const errors: ProblemError[] = positions.flatMap((position) => {
    const named = nameOf?.(position);
    return named ? [{ pointer: named.pointer, detail: `${named.name}: ${problems[code].title}` }] : [];
  });
  const told = reply.request.principal === 'operator' ? (secret ?? detail) : detail;
  return sendProblem(reply, code, { ...(told && { detail: told }), ...(errors.length > 0 && { errors }) });
}

const sampled = new Map<string, ReturnType<typeof createSampledLog<'info'>>>();

/** A line for each only where that is asked for: nearly all of a flood is refused. */
function logRefusal(log: Pick<Logger, 'info' | 'debug' | 'level'>, refusal: Partial<Refusal> & { code: Refusal['code'] }): void {
  if (log.level === 'debug' || log.level === 'trace') {
    log.debug(refusal, 'refused');
    return;
  }
  getOrInsertComputed(sampled, refusal.code, () => createSampledLog('info', 'refused'))(log, refusal);
}
