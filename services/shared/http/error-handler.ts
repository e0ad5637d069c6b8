import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { listFaults } from '../basics/faults.ts';
import { createSampledLog } from '../telemetry/sampled-log.ts';
import { BrokenRequest, closeAfter } from './client-errors.ts';
import { overloaded, type ProblemCode, problemErrors, problems, sendProblem, UnavailableError } from './problems.ts';
import { hasBody } from './refuse-unknown.ts';

const handlerTimeout = 'FST_ERR_HANDLER_TIMEOUT';

/**
 * Replies to every error that a route or Fastify throws. Clients' mistakes are not logged; an unavailable store (`isAway`) or a handler
 * that times out is a sampled warning; only our own bugs are logged as errors.
 */
export function createErrorHandler(isAway: (error: unknown) => boolean) {
  const warnUnavailable = createSampledLog('warn', 'unavailable');
  const warnOverloaded = createSampledLog('warn', 'overloaded: requests were refused');

  return (error: FastifyError | UnavailableError | BrokenRequest, request: FastifyRequest, reply: FastifyReply) => {
    if (error === overloaded) {
      warnOverloaded(request.log);
      keepConnection(reply);
      return sendProblem(reply, overloaded.code, { detail: overloaded.message });
    }
    if (error instanceof BrokenRequest) return sendProblem(closeAfter(reply), error.code);
    const isLate = error.code === handlerTimeout;
    if (isLate && hasBody(request.headers) && !request.raw.complete) return sendProblem(closeAfter(reply), 'REQUEST_TIMEOUT');
    if (isLate || error instanceof UnavailableError || isAway(error)) {
      warnUnavailable(request.log, { err: error });
      // The handler still runs. Fastify would log whatever it sends or throws from now on as a programming error.
      if (isLate) reply.log = reply.log.child({}, { level: 'silent' });
      return sendProblem(reply, error instanceof UnavailableError ? error.code : 'SERVICE_UNAVAILABLE');
    }
    if ('validation' in error && error.validation) {
      const faults = listFaults(error.validation as Parameters<typeof listFaults>[0]);
      return sendProblem(reply, 'INVALID_REQUEST', { errors: problemErrors(faults, error.validationContext) });
    }
    keepConnection(reply);
    const code = codeOf(error as FastifyError);
    if (problems[code].status < 500) return sendProblem(reply, code, { detail: error.message });
    request.log.error({ err: error }, 'request failed');
    return sendProblem(reply, code);
  };
}

/** The code for one of Fastify's own errors, by its status. */
function codeOf({ statusCode = 500 }: FastifyError): ProblemCode {
  if (statusCode === 413) return 'PAYLOAD_TOO_LARGE';
  if (statusCode === 415) return 'UNSUPPORTED_MEDIA_TYPE';
  if (statusCode === 503) return 'SERVICE_UNAVAILABLE';
  return statusCode < 500 ? 'INVALID_REQUEST' : 'INTERNAL_ERROR';
}

/**
 * Fastify would close the connection after an error in a body, and a client that is still sending would lose the response. Instead Node
 * reads and drops the rest, within its time limit for a request.
 */
const keepConnection = (reply: FastifyReply) => reply.removeHeader('connection');
