import type { FastifyRequest } from 'fastify';
import type { AccountsContext } from '../context.ts';
import type { Origin } from '../sign-in/sign-in-brake.ts';
import { deviceOf } from './browser-session.ts';

/** Where a request comes from, for slowing down guesses. */
export const originOf = (request: FastifyRequest, { networkOf }: Pick<AccountsContext, 'networkOf'>): Origin => ({
  address: networkOf(request),
  device: deviceOf(request),
});
