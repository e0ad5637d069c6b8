import { Type } from 'typebox';
import { patterned } from '../../shared/basics/patterned.ts';
import type { HttpServer } from '../../shared/http/http-server.ts';
import { problemResponses, sendProblem } from '../../shared/http/problems.ts';
import { inTransaction } from '../../shared/stores/transaction.ts';
import { lockAccount } from '../accounts/accounts.ts';
import { recordAudit } from '../audit/audits.ts';
import type { AccountsContext } from '../context.ts';
import { refreshTokenPattern } from '../sessions/refresh-token.ts';
import type { Refreshed } from '../sessions/sessions.ts';
import { sendTokens, Tokens } from './begin-session.ts';
import { clearSessionCookie, isOwnPage, sendForeignPage, sessionTokenOf } from './browser-session.ts';
import { empty, json } from './reply-schemas.ts';
import { requireSignedIn } from './signed-in.ts';

/** Makes the body of a request optional. */
export const orEmptyBody = (request: { body: unknown }, _reply: unknown, done: () => void): void => {
  request.body ??= {};
  done();
};

/** /accounts/api/v1/tokens and /sessions: staying signed in, and signing out. */
export function registerSessionRoutes(app: HttpServer, context: AccountsContext): void {
  const { db, sessions, queueMail, wakeMail, counters, trustedOrigins, nowMs } = context;

  app.post(
    '/accounts/api/v1/tokens',
    {
      config: { operation: 'public' },
      preValidation: orEmptyBody,
      schema: {
        operationId: 'refreshTokens',
        summary: 'Get the next access token',
        description:
          'Exchanges a refresh token, or the one in the cookie, for the next pair. A refresh token that was exchanged before ends the whole ' +
          'session, because somebody has a copy of it. Only for ten seconds does it lead to the same new token, for tabs that share it.',
        tags: ['sessions'],
        body: Type.Object(
          {
            refreshToken: Type.Optional(
              patterned(refreshTokenPattern, 'must be a refreshToken from an earlier response', {
                description: 'If absent, it is taken from the cookie',
              }),
            ),
          },
          { additionalProperties: false },
        ),
        response: {
          200: json(Tokens, 'The next tokens'),
          ...problemResponses('INVALID_REQUEST', 'NOT_SIGNED_IN', 'SESSION_ENDED', 'ORIGIN_NOT_ALLOWED', 'SERVICE_UNAVAILABLE'),
        },
      },
    },
    async (request, reply) => {
      const isCookie = request.body.refreshToken === undefined;
      const token = request.body.refreshToken ?? sessionTokenOf(request);
      if (isCookie && token !== undefined && !isOwnPage(request, trustedOrigins)) return sendForeignPage(reply);
      const refreshed: Refreshed = token === undefined ? { kind: 'unknown' } : await sessions.refresh(db, token);
      count(refreshed);
      if (refreshed.kind === 'refreshed') return await sendTokens(reply, context, { ...refreshed, isCookie });
      if (refreshed.kind === 'reused') await warnOfReuse(refreshed.accountId, refreshed.sessionId);
      // Only a cookie that came: a form on another site sends none, and its reply must not delete the visitor's.
      if (isCookie && token !== undefined) clearSessionCookie(reply);
      return sendProblem(reply, 'SESSION_ENDED');
    },
  );

  app.delete(
    '/accounts/api/v1/sessions/current',
    {
      config: { operation: 'own' },
      schema: {
        operationId: 'signOut',
        summary: 'Sign out here',
        description:
          'Ends the session of the access token, and the one of the cookie. Access tokens stay valid until they expire.',
        tags: ['sessions'],
        response: {
          204: empty('Signed out'),
          ...problemResponses('INVALID_REQUEST', 'NOT_SIGNED_IN', 'ORIGIN_NOT_ALLOWED', 'SERVICE_UNAVAILABLE'),
        },
      },
    },
    async (request, reply) => {
      const { principal } = request;
      const cookie = sessionTokenOf(request);
      if (principal.kind === 'account') await sessions.end(db, principal.sessionId);
      if (cookie !== undefined) {
        if (!isOwnPage(request, trustedOrigins))
          return principal.kind === 'account' ? reply.code(204).send(undefined) : sendForeignPage(reply);
        const sessionId = await sessions.sessionOf(db, cookie);
        if (sessionId !== undefined) await sessions.end(db, sessionId);
        clearSessionCookie(reply);
      }
      return reply.code(204).send(undefined);
    },
  );

  app.delete(
    '/accounts/api/v1/sessions',
    {
      config: { operation: 'signed-in' },
      schema: {
        operationId: 'signOutEverywhere',
        summary: 'Sign out everywhere',
        description: 'Ends all sessions of the account. Access tokens stay valid until they expire, for ten minutes at most.',
        tags: ['sessions'],
        response: {
          204: empty('Signed out'),
          ...problemResponses('INVALID_REQUEST', 'NOT_SIGNED_IN', 'FORBIDDEN', 'SESSION_ENDED', 'SERVICE_UNAVAILABLE'),
        },
      },
    },
    async (request, reply) => {
      const signedIn = await requireSignedIn(request, reply, context);
      if (!signedIn) return reply;
      const { accountId } = signedIn;
      await inTransaction(db, async (trx) => {
        const ended = await sessions.endAll(trx, accountId);
        const principal = `account:${accountId}`;
        await recordAudit(trx, { principal, action: 'sessions.ended', accountId, details: { ended } }, nowMs());
      });
      clearSessionCookie(reply);
      return reply.code(204).send(undefined);
    },
  );

  function count(refreshed: Refreshed): void {
    if (refreshed.kind === 'refreshed') counters.countRefresh(refreshed.hasRotated ? 'rotated' : 'repeated');
    else counters.countRefresh(refreshed.kind);
  }

  async function warnOfReuse(accountId: string, sessionId: string): Promise<void> {
    await inTransaction(db, async (trx) => {
      const account = await lockAccount(trx, accountId);
      const principal = `account:${accountId}`;
      await recordAudit(trx, { principal, action: 'session.reused', accountId, details: { sessionId } }, nowMs());
      if (account?.email) await queueMail(trx, { kind: 'security', to: account.email, notice: 'session-stolen' }, nowMs());
    });
    wakeMail();
  }
}
