import { Type } from 'typebox';
import type { HttpServer } from '../../shared/http/http-server.ts';
import { problemResponses, sendProblem } from '../../shared/http/problems.ts';
import { inTransaction } from '../../shared/stores/transaction.ts';
import { uuidText } from '../../shared/stores/uuid.ts';
import { EmailAddress, emailOf } from '../../shared/terms/email-address.ts';
import { findByEmail } from '../accounts/accounts.ts';
import { recordAudit } from '../audit/audits.ts';
import type { AccountsContext } from '../context.ts';
import { unlinkAll } from '../oidc/identities.ts';
import {
  createOneTimeToken,
  deleteOneTimeTokens,
  type OneTimeToken as Found,
  findOneTimeToken,
  lifeMinutes,
  useOneTimeToken,
} from '../one-time/one-time-tokens.ts';
import { faultOfPassword, NewPassword } from '../passwords/password-rules.ts';
import { forgetGuesses, type Origin, rememberPlaces } from '../sign-in/sign-in-brake.ts';
import { OneTimeToken } from './account-schemas.ts';
import { originOf } from './client.ts';
import { linkTo } from './links.ts';
import { empty } from './reply-schemas.ts';

/** /accounts/api/v1/password-resets: a new password by mail, which always works, however many wrong ones others have tried. */
export function registerPasswordResetRoutes(app: HttpServer, context: AccountsContext): void {
  const { db, passwords, hashQueue, sessions, queueMail, mailBudget, wakeMail, nowMs } = context;

  app.post(
    '/accounts/api/v1/password-resets',
    {
      config: { operation: 'public' },
      schema: {
        operationId: 'requestPasswordReset',
        summary: 'Send a link to set a new password',
        description: 'The answer is the same if the address has no account; then the mail says so.',
        tags: ['passwords'],
        body: Type.Object({ email: EmailAddress }, { additionalProperties: false }),
        response: {
          202: empty('A mail is on its way'),
          ...problemResponses('INVALID_REQUEST', 'NOT_SIGNED_IN', 'SERVICE_UNAVAILABLE'),
        },
      },
    },
    async (request, reply) => {
      if (!mailBudget.admits(request, reply)) return reply;
      const { email, key } = emailOf(request.body.email);
      await inTransaction(db, async (trx) => {
        const known = await findByEmail(trx, key);
        const to = known?.email ?? email;
        const draft = { kind: 'reset', email: to, emailKey: key, accountId: known?.account_id } as const;
        const token = await createOneTimeToken(trx, draft, nowMs());
        const mail = known
          ? ({ kind: 'reset', to, link: linkTo('reset', token), validMinutes: lifeMinutes('reset') } as const)
          : ({ kind: 'no-account', to, link: linkTo('sign-up') } as const);
        await queueMail(trx, mail, nowMs());
      });
      wakeMail();
      return reply.code(202).send(undefined);
    },
  );

  app.post(
    '/accounts/api/v1/password-resets/confirmations',
    {
      config: { operation: 'public' },
      schema: {
        operationId: 'resetPassword',
        summary: 'Set a new password with the token of a link',
        description: 'Signs the account out everywhere, and unlinks its providers.',
        tags: ['passwords'],
        body: Type.Object({ token: OneTimeToken, password: NewPassword }, { additionalProperties: false }),
        response: {
          204: empty('The new password is valid'),
          ...problemResponses('INVALID_REQUEST', 'NOT_SIGNED_IN', 'LINK_NOT_VALID', 'SERVICE_UNAVAILABLE'),
        },
      },
    },
    async (request, reply) => {
      const { token, password } = request.body;
      const found = await findOneTimeToken(db, token, ['reset'], nowMs());
      if (!found) return sendProblem(reply, 'LINK_NOT_VALID');
      // A password that is not accepted does not use up the link.
      const fault = faultOfPassword(password, found.email);
      if (fault) return sendProblem(reply, 'INVALID_REQUEST', { errors: [{ pointer: '#/password', detail: fault }] });
      const origin = originOf(request, context);
      const passwordHash = await hashQueue.run(origin.address, () => passwords.hash(password));
      if (!(await setPassword(found, passwordHash, origin))) return sendProblem(reply, 'LINK_NOT_VALID');
      wakeMail();
      return reply.code(204).send(undefined);
    },
  );

  /** Returns false if the link was used meanwhile, or the account is gone. */
  const setPassword = (found: Found, passwordHash: string, origin: Origin): Promise<boolean> =>
    inTransaction(db, async (trx) => {
      const { account_id: id, email, email_key } = found;
      if (!id || !(await useOneTimeToken(trx, found))) return false;
      const { numUpdatedRows } = await trx
        .updateTable('accounts')
        .set({ password_hash: passwordHash })
        .where('account_id', '=', id)
        .where('email_key', '=', email_key)
        .executeTakeFirst();
      if (numUpdatedRows === 0n) return false;
      const accountId = uuidText(id);
      await deleteOneTimeTokens(trx, { accountId: id, emailKey: email_key });
      await sessions.endAll(trx, accountId);
      await unlinkAll(trx, id);
      await forgetGuesses(trx, email_key);
      await rememberPlaces(trx, id, origin, new Date(nowMs()));
      await queueMail(trx, { kind: 'security', to: email, notice: 'password-reset' }, nowMs());
      await recordAudit(trx, { principal: `account:${accountId}`, action: 'password.reset', accountId }, nowMs());
      return true;
    });
}
