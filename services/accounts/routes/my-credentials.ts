import { Type } from 'typebox';
import type { HttpServer } from '../../shared/http/http-server.ts';
import { problemResponses, sendProblem } from '../../shared/http/problems.ts';
import { inTransaction } from '../../shared/stores/transaction.ts';
import { EmailAddress, emailOf } from '../../shared/terms/email-address.ts';
import { findByEmail } from '../accounts/accounts.ts';
import { recordAudit } from '../audit/audits.ts';
import type { AccountsContext } from '../context.ts';
import { createOneTimeToken, deleteOneTimeTokens, lifeMinutes } from '../one-time/one-time-tokens.ts';
import { faultOfPassword, GivenPassword, NewPassword } from '../passwords/password-rules.ts';
import { originOf } from './client.ts';
import { linkTo } from './links.ts';
import { empty } from './reply-schemas.ts';
import { lockOwner, requireOwner, requireSignedIn } from './signed-in.ts';

const ofOwner = [
  'INVALID_REQUEST',
  'NOT_SIGNED_IN',
  'SESSION_ENDED',
  'PASSWORD_WRONG',
  'SIGN_IN_AGAIN',
  'FORBIDDEN',
  'TOO_MANY_SIGN_INS',
  'SERVICE_UNAVAILABLE',
] as const;

/** POST /accounts/api/v1/me/password and /me/email-changes: what one signs in with. */
export function registerMyCredentialsRoutes(app: HttpServer, context: AccountsContext): void {
  const { db, passwords, hashQueue, sessions, queueMail, mailBudget, wakeMail, nowMs } = context;
  const config = { operation: 'signed-in' } as const;

  app.post(
    '/accounts/api/v1/me/password',
    {
      config,
      schema: {
        operationId: 'changePassword',
        summary: "Change one's password, or set a first one",
        description:
          'Signs out everywhere else. An account without a password needs a sign-in during the last 15 minutes instead of ' +
          '`currentPassword`.',
        tags: ['me'],
        body: Type.Object(
          { currentPassword: Type.Optional(GivenPassword), newPassword: NewPassword },
          { additionalProperties: false },
        ),
        response: { 204: empty('The new password is valid'), ...problemResponses(...ofOwner) },
      },
    },
    async (request, reply) => {
      const signedIn = await requireSignedIn(request, reply, context);
      if (!signedIn) return reply;
      const { currentPassword, newPassword } = request.body;
      const { account, accountId, sessionId } = signedIn;
      const fault = faultOfPassword(newPassword, account.email ?? '');
      if (fault) return sendProblem(reply, 'INVALID_REQUEST', { errors: [{ pointer: '#/newPassword', detail: fault }] });
      const proof = { ...signedIn, password: currentPassword, pointer: '#/currentPassword' };
      if (!(await requireOwner(request, reply, context, proof))) return reply;
      const passwordHash = await hashQueue.run(originOf(request, context).address, () => passwords.hash(newPassword));
      const isDone = await inTransaction(db, async (trx) => {
        const owner = await lockOwner(trx, signedIn, context);
        if (!owner) return false;
        const { account_id: id, email, email_key: emailKey } = owner;
        await trx.updateTable('accounts').set({ password_hash: passwordHash }).where('account_id', '=', id).execute();
        await sessions.endAll(trx, accountId, sessionId);
        await deleteOneTimeTokens(trx, { accountId: id, emailKey });
        if (email) await queueMail(trx, { kind: 'security', to: email, notice: 'password-changed' }, nowMs());
        await recordAudit(trx, { principal: `account:${accountId}`, action: 'password.changed', accountId }, nowMs());
        return true;
      });
      if (!isDone) return sendProblem(reply, 'SESSION_ENDED');
      wakeMail();
      return reply.code(204).send(undefined);
    },
  );

  app.post(
    '/accounts/api/v1/me/email-changes',
    {
      config,
      schema: {
        operationId: 'changeEmail',
        summary: "Change one's e-mail address",
        description:
          'Sends a link to the new address; the change happens when it is followed, and the old address gets a notice. Needs the password ' +
          'or, if the account has none, a sign-in during the last 15 minutes.',
        tags: ['me'],
        body: Type.Object({ email: EmailAddress, password: Type.Optional(GivenPassword) }, { additionalProperties: false }),
        response: { 202: empty('A mail is on its way'), ...problemResponses(...ofOwner) },
      },
    },
    async (request, reply) => {
      const signedIn = await requireSignedIn(request, reply, context);
      if (!signedIn) return reply;
      const { password } = request.body;
      if (!(await requireOwner(request, reply, context, { ...signedIn, password, pointer: '#/password' }))) return reply;
      if (!mailBudget.admits(request, reply)) return reply;
      const { email, key } = emailOf(request.body.email);
      const isDone = await inTransaction(db, async (trx) => {
        const owner = await lockOwner(trx, signedIn, context);
        if (!owner) return false;
        const { account_id: accountId } = owner;
        const known = await findByEmail(trx, key);
        const isAnothers = known !== undefined && !known.account_id.equals(accountId);
        const token = await createOneTimeToken(trx, { kind: 'email-change', email, emailKey: key, accountId }, nowMs());
        const mail = isAnothers
          ? ({ kind: 'already-registered', to: known.email ?? email, link: linkTo('forgotten') } as const)
          : ({
              kind: 'email-change',
              to: email,
              link: linkTo('verify', token),
              validMinutes: lifeMinutes('email-change'),
            } as const);
        await queueMail(trx, mail, nowMs());
        return true;
      });
      if (!isDone) return sendProblem(reply, 'SESSION_ENDED');
      wakeMail();
      return reply.code(202).send(undefined);
    },
  );
}
