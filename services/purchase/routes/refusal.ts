import type { FastifyReply } from 'fastify';
import { getOrInsertComputed } from '../../shared/basics/get-or-insert.ts';
import { type ProblemError, problems, sendProblem } from '../../shared/http/problems.ts';
import type { Refusal } from '../../shared/inventory/decisions.ts';
import type { Logger } from '../../shared/telemetry/logger.ts';
import { createSampledLog } from '../../shared/telemetry/sampled-log.ts';

/** How a client named what it wants. */
type Names = { nameOf(position: number): { pointer: string; name: string }; size: string };

export type SendRefusal = ReturnType<typeof createSendRefusal>;

/**
 * Returns the function that sends the problem for a refused command. `names`: for the position of a wanted seat or ticket, the field in
 * which the client named it, and its name; and the field that says how many tickets it wants. Without `names` the problem lists no
 * errors. Only the operator gets the `secret` detail.
 */
export function createSendRefusal() {
  const logRefusal = createRefusalLog();
  return (reply: FastifyReply, { code, detail, secret, positions = [] }: Refusal, names: Partial<Names> = {}) => {
    logRefusal(reply.log, { code, positions, ...(detail && { detail }) });
    if (isFault(code)) return sendProblem(reply, 'INVALID_REQUEST', { errors: [faults[code]] });
    if (code === 'TOO_MANY_TICKETS') {
      return sendProblem(reply, 'INVALID_REQUEST', { errors: [{ pointer: names.size ?? '#', detail: detail ?? '' }] });
    }
    if (code === 'SEAT_REPEATED') {
      const errors = positions.flatMap((position) => names.nameOf?.(position) ?? []);
      return sendProblem(reply, 'INVALID_REQUEST', {
        errors: errors.map(({ pointer, name }) => ({ pointer, detail: `repeats ${name}` })),
      });
    }
    if (code === 'SIGN_IN_REQUIRED') reply.header('www-authenticate', 'Bearer');
    const { title } = problems[code];
    const errors: ProblemError[] = positions.flatMap((position) => {
      const named = names.nameOf?.(position);
      return named ? [{ pointer: named.pointer, detail: `${named.name}: ${title}` }] : [];
    });
    const told = reply.request.principal.kind === 'operator' ? (secret ?? detail) : detail;
    return sendProblem(reply, code, { ...(told && { detail: told }), ...(errors.length > 0 && { errors }) });
  };
}

/** The refusals of a field that is wrong or missing for this event or this caller, which the schema cannot know. */
const faults = {
  BUYER_REQUIRED: { pointer: '#/buyerId', detail: 'is missing: the event limits how many tickets a buyer may have' },
  BUYER_NOT_YOURS: {
    pointer: '#/buyerId',
    detail: 'must be left out, or be your own: only those who may sell can name another',
  },
  PAID_BY_REQUIRED: { pointer: '#/paidBy', detail: 'is missing: tickets for this event must be paid, so say how they were' },
  PAID_BY_NOT_YOURS: { pointer: '#/paidBy', detail: 'must be left out: only those who may sell can say how it was paid' },
} as const satisfies Partial<Record<Refusal['code'], ProblemError>>;

const isFault = (code: Refusal['code']): code is keyof typeof faults => Object.hasOwn(faults, code);

/** At debug level, logs every refusal. At other levels, logs a sample: in a flood, nearly every request is refused. */
function createRefusalLog() {
  const sampled = new Map<string, ReturnType<typeof createSampledLog<'info'>>>();
  return (log: Pick<Logger, 'info' | 'debug' | 'level'>, refusal: Partial<Refusal> & { code: Refusal['code'] }): void => {
    if (log.level === 'debug' || log.level === 'trace') log.debug(refusal, 'refused');
    else getOrInsertComputed(sampled, refusal.code, () => createSampledLog('info', 'refused'))(log, refusal);
  };
}
