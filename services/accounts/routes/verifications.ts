import type { FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import type { HttpServer } from '../../shared/http/http-server.ts';
import { problemResponses, sendProblem } from '../../shared/http/problems.ts';
import { type Database, isDuplicate } from '../../shared/stores/database.ts';
import { inTransaction } from '../../shared/stores/transaction.ts';
import { uuidText } from '../../shared/stores/uuid.ts';
import { lockAccount } from '../accounts/accounts.ts';
import { recordAudit } from '../audit/audits.ts';
import type { AccountsContext } from '../context.ts';
import { deleteSignUps, type OneTimeToken as Found, findOneTimeToken, useOneTimeToken } from '../one-time/one-time-tokens.ts';
import { OneTimeToken } from './account-schemas.ts';
import { isOwnPage, sessionTokenOf } from './browser-session.ts';
import { empty } from './reply-schemas.ts';

type Outcome = 'verified' | 'taken' | 'dead';

/**
 * POST /accounts/api/v1/verifications: proves the new address of an account. Only somebody who is signed in to the account may follow the link:
 * otherwise a stranger could prepare an account, and make the owner of an address confirm it as theirs.
 */
export function registerVerificationRoutes(app: HttpServer, context: AccountsContext): void {
  const { db, sessions, trustedOrigins, queueMail, wakeMail, nowMs } = context;
  app.post(
    '/accounts/api/v1/verifications',
    {
      config: { operation: 'own' },
      schema: {
        operationId: 'verifyAddress',
        summary: 'Confirm a new e-mail address with the token of a link',
        description: 'For those who are signed in to the account: by an access token, or by the cookie.',
        tags: ['me'],
        body: Type.Object({ token: OneTimeToken }, { additionalProperties: false }),
        response: {
          204: empty('Confirmed'),
          ...problemResponses(
            'INVALID_REQUEST',
            'NOT_SIGNED_IN',
            'SIGN_IN_AGAIN',
            'EMAIL_TAKEN',
            'LINK_NOT_VALID',
            'SERVICE_UNAVAILABLE',
          ),
        },
      },
    },
    async (request, reply) => {
      const found = await findOneTimeToken(db, request.body.token, ['email-change'], nowMs());
      if (!found?.account_id) return sendProblem(reply, 'LINK_NOT_VALID');
      if (!(await isSignedInTo(uuidText(found.account_id), request))) {
        return sendProblem(reply, 'SIGN_IN_AGAIN', { detail: 'Sign in to the account that is to have the address' });
      }
      const outcome = await inTransaction(
        db,
        async (trx): Promise<Outcome> => ((await useOneTimeToken(trx, found)) ? await changeEmail(trx, found) : 'dead'),
      );
      if (outcome === 'dead') return sendProblem(reply, 'LINK_NOT_VALID');
      if (outcome === 'taken') return sendProblem(reply, 'EMAIL_TAKEN');
      wakeMail();
      return reply.code(204).send(undefined);
    },
  );

  async function isSignedInTo(accountId: string, request: FastifyRequest): Promise<boolean> {
    const { principal } = request;
    const isOf = async (sessionId: string) => (await sessions.beganOn(db, { sessionId, accountId })) !== undefined;
    if (principal.kind === 'account') return await isOf(principal.sessionId);
    const cookie = sessionTokenOf(request);
    if (cookie === undefined || !isOwnPage(request, trustedOrigins)) return false;
    const sessionId = await sessions.sessionOf(db, cookie);
    return sessionId !== undefined && (await isOf(sessionId));
  }

  async function changeEmail(trx: Database, { account_id, email, email_key }: Found): Promise<Outcome> {
    const before = account_id && (await lockAccount(trx, uuidText(account_id)));
    if (!before) return 'dead';
    const { account_id: id } = before;
    try {
      await trx.updateTable('accounts').set({ email, email_key }).where('account_id', '=', id).execute();
    } catch (error) {
      if (isDuplicate(error)) return 'taken';
      throw error;
    }
    const accountId = uuidText(id);
    // Links that went to the old address must not work any more.
    await trx.deleteFrom('one_time_tokens').where('account_id', '=', id).execute();
    if (before.email !== null) await queueMail(trx, { kind: 'email-changed', to: before.email, newEmail: email }, nowMs());
    await recordAudit(trx, { principal: `account:${accountId}`, action: 'email.changed', accountId }, nowMs());
    await deleteSignUps(trx, email_key);
    return 'verified';
  }
}
