import type { FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import type { Database } from '../../shared/stores/database.ts';
import { uuidBytes } from '../../shared/stores/uuid.ts';
import { findById } from '../accounts/accounts.ts';
import type { AccountsContext } from '../context.ts';
import { readRoles } from '../organisers/members.ts';
import type { NewSession } from '../sessions/sessions.ts';
import { rememberPlaces } from '../sign-in/sign-in-brake.ts';
import { newDevice, sessionTokenOf, setDeviceCookie, setSessionCookie } from './browser-session.ts';
import { originOf } from './client.ts';

export const SessionKind = Type.Optional(
  Type.Literal('cookie', {
    description:
      "For pages: keeps the refresh token in the cookie `__Host-onsale-session`, where the page's scripts cannot read it",
  }),
);

export const Tokens = Type.Object({
  accessToken: Type.String({ description: 'Send it as `Authorization: Bearer`, to every service' }),
  expiresIn: Type.Integer({ description: 'Seconds until the access token expires', examples: [600] }),
  refreshToken: Type.Optional(
    Type.String({ description: 'Exchange it for the next pair of tokens. Each is good once; absent if it is in the cookie' }),
  ),
});

export type Begun = NewSession & { accountId: string; device: string | undefined };

/**
 * Begins a session, always with a new id, in the transaction of a sign-in. A browser's former session ends, so nobody can have planted
 * the one that it goes on with.
 */
export async function beginSession(
  trx: Database,
  request: FastifyRequest,
  context: AccountsContext,
  { accountId, method, isCookie }: { accountId: string; method: string; isCookie: boolean },
): Promise<Begun> {
  const { sessions, nowMs } = context;
  const former = isCookie ? sessionTokenOf(request) : undefined;
  const formerId = former === undefined ? undefined : await sessions.sessionOf(trx, former);
  if (formerId !== undefined) await sessions.end(trx, formerId);
  const { address, device = isCookie ? newDevice() : undefined } = originOf(request, context);
  await rememberPlaces(trx, uuidBytes(accountId), { address, device }, new Date(nowMs()));
  const session = await sessions.createSession(trx, { accountId, method });
  return { ...session, accountId, device };
}

/** Replies with a session's tokens. The refresh token goes into the cookie, or into the body. */
export async function sendTokens(
  reply: FastifyReply,
  context: AccountsContext,
  begun: Pick<Begun, 'accountId' | 'sessionId' | 'refreshToken'> & { device?: string | undefined; isCookie: boolean },
) {
  const { accountId, sessionId, refreshToken, device, isCookie } = begun;
  const tokens = await issueFor(context, { accountId, sessionId });
  if (!isCookie) return reply.send({ ...tokens, refreshToken });
  setSessionCookie(reply, refreshToken);
  if (device !== undefined) setDeviceCookie(reply, device);
  return reply.send(tokens);
}

async function issueFor({ db, issuer }: AccountsContext, { accountId, sessionId }: { accountId: string; sessionId: string }) {
  const account = await findById(db, accountId);
  const roles = await readRoles(db, accountId);
  const { email } = account ?? {};
  return await issuer.issue({ accountId, sessionId, roles, ...(typeof email === 'string' && { email }) });
}
