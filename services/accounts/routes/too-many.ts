import type { FastifyReply } from 'fastify';
import { sendProblem } from '../../shared/http/problems.ts';
import type { Braked } from '../sign-in/sign-in-brake.ts';

export const sendTooMany = (reply: FastifyReply, { retryAfterSeconds }: Braked) =>
  sendProblem(reply.header('retry-after', retryAfterSeconds), 'TOO_MANY_SIGN_INS', {
    detail: 'A link by mail signs in immediately, and so does a new password',
  });
