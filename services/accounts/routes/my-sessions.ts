import { Type } from 'typebox';
import type { HttpServer } from '../../shared/http/http-server.ts';
import { problemResponses, sendProblem } from '../../shared/http/problems.ts';
import { inTransaction } from '../../shared/stores/transaction.ts';
import { Timestamp, Uuid } from '../../shared/terms/identifiers.ts';
import { recordAudit } from '../audit/audits.ts';
import type { AccountsContext } from '../context.ts';
import { clearSessionCookie } from './browser-session.ts';
import { empty, json } from './reply-schemas.ts';
import { requireSignedIn } from './signed-in.ts';

const Session = Type.Object({
  sessionId: Uuid,
  method: Type.String({ description: 'How it began: `password`, `link` or `oidc:` and the provider', examples: ['password'] }),
  createdOn: Timestamp,
  usedOn: { ...Timestamp, description: 'When its refresh token was last exchanged' },
  expiresOn: { ...Timestamp, description: 'When it ends unless it is used' },
  isCurrent: Type.Boolean({ description: 'Whether this request belongs to it' }),
});

const url = '/accounts/api/v1/me/sessions';
const whileSignedIn = ['INVALID_REQUEST', 'NOT_SIGNED_IN', 'SESSION_ENDED', 'FORBIDDEN', 'SERVICE_UNAVAILABLE'] as const;

/** /accounts/api/v1/me/sessions: where one is signed in, and signing out there. */
export function registerMySessionsRoutes(app: HttpServer, context: AccountsContext): void {
  const { db, sessions, nowMs } = context;
  const config = { operation: 'signed-in' } as const;

  app.get(
    url,
    {
      config,
      schema: {
        operationId: 'listSessions',
        summary: 'Where one is signed in',
        tags: ['me'],
        response: {
          200: json(Type.Array(Session), 'The newest 100 live sessions, newest first'),
          ...problemResponses(...whileSignedIn),
        },
      },
    },
    async (request, reply) => {
      const signedIn = await requireSignedIn(request, reply, context);
      if (!signedIn) return reply;
      const list = await sessions.list(db, signedIn.accountId);
      return reply.send(list.map((entry) => ({ ...entry, isCurrent: entry.sessionId === signedIn.sessionId })));
    },
  );

  app.delete(
    `${url}/:sessionId`,
    {
      config,
      schema: {
        operationId: 'endSession',
        summary: 'Sign out somewhere',
        description: 'Ends the session. Its access tokens stay valid until they expire, for ten minutes at most.',
        tags: ['me'],
        params: Type.Object({ sessionId: Uuid }),
        response: { 204: empty('Ended'), ...problemResponses(...whileSignedIn, 'SESSION_NOT_FOUND') },
      },
    },
    async (request, reply) => {
      const signedIn = await requireSignedIn(request, reply, context);
      if (!signedIn) return reply;
      const { accountId } = signedIn;
      const { sessionId } = request.params;
      const hasEnded = await inTransaction(db, async (trx) => {
        if (!(await sessions.endOf(trx, { accountId, sessionId }))) return false;
        const principal = `account:${accountId}`;
        await recordAudit(trx, { principal, action: 'sessions.ended', accountId, details: { ended: 1 } }, nowMs());
        return true;
      });
      if (!hasEnded) return sendProblem(reply, 'SESSION_NOT_FOUND');
      if (sessionId === signedIn.sessionId) clearSessionCookie(reply);
      return reply.code(204).send(undefined);
    },
  );
}
