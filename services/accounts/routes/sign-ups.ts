import { Type } from 'typebox';
import type { HttpServer } from '../../shared/http/http-server.ts';
import { problemResponses, sendProblem } from '../../shared/http/problems.ts';
import { inTransaction } from '../../shared/stores/transaction.ts';
import { uuidBytes } from '../../shared/stores/uuid.ts';
import { EmailAddress, emailOf } from '../../shared/terms/email-address.ts';
import { createAccount, findByEmail } from '../accounts/accounts.ts';
import type { AccountsContext } from '../context.ts';
import {
  createOneTimeToken,
  deleteSignUps,
  type OneTimeToken as Found,
  findOneTimeToken,
  lifeMinutes,
  useOneTimeToken,
} from '../one-time/one-time-tokens.ts';
import { faultOfPassword, NewPassword } from '../passwords/password-rules.ts';
import { type Origin, rememberPlaces } from '../sign-in/sign-in-brake.ts';
import { OneTimeToken, PersonName } from './account-schemas.ts';
import { originOf } from './client.ts';
import { linkTo } from './links.ts';
import { empty } from './reply-schemas.ts';

/**
 * /accounts/api/v1/sign-ups: an account for whoever follows the link in the mail. Only they choose its name and password: a stranger who asked
 * for the mail must not know how to sign in to the account.
 */
export function registerSignUpRoutes(app: HttpServer, context: AccountsContext): void {
  const { db, passwords, hashQueue, queueMail, mailBudget, wakeMail, nowMs } = context;

  app.post(
    '/accounts/api/v1/sign-ups',
    {
      config: { operation: 'public' },
      schema: {
        operationId: 'signUp',
        summary: 'Sign up',
        description:
          'Sends a mail with a link to the address. The account exists once somebody has followed the link and chosen a password. The answer ' +
          'is the same if the address already has an account; then the mail says so.',
        tags: ['sign-up'],
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
        // Known and unknown addresses cost the same.
        const token = await createOneTimeToken(trx, { kind: 'sign-up', email, emailKey: key }, nowMs());
        const mail = known
          ? ({ kind: 'already-registered', to: known.email ?? email, link: linkTo('forgotten') } as const)
          : ({ kind: 'verify', to: email, link: linkTo('welcome', token), validMinutes: lifeMinutes('sign-up') } as const);
        await queueMail(trx, mail, nowMs());
      });
      wakeMail();
      return reply.code(202).send(undefined);
    },
  );

  app.post(
    '/accounts/api/v1/sign-ups/confirmations',
    {
      config: { operation: 'public' },
      schema: {
        operationId: 'completeSignUp',
        summary: 'Create the account with the token of a link',
        description: 'Confirms the address, and gives the account its password and name.',
        tags: ['sign-up'],
        body: Type.Object(
          { token: OneTimeToken, password: NewPassword, name: Type.Optional(PersonName) },
          { additionalProperties: false },
        ),
        response: {
          204: empty('The account exists'),
          ...problemResponses('INVALID_REQUEST', 'NOT_SIGNED_IN', 'EMAIL_TAKEN', 'LINK_NOT_VALID', 'SERVICE_UNAVAILABLE'),
        },
      },
    },
    async (request, reply) => {
      const { token, password, name = '' } = request.body;
      // Before any hashing: without a token, nobody makes work.
      const found = await findOneTimeToken(db, token, ['sign-up'], nowMs());
      if (!found) return sendProblem(reply, 'LINK_NOT_VALID');
      // A password that is not accepted does not use up the link.
      const fault = faultOfPassword(password, found.email);
      if (fault) return sendProblem(reply, 'INVALID_REQUEST', { errors: [{ pointer: '#/password', detail: fault }] });
      const origin = originOf(request, context);
      const passwordHash = await hashQueue.run(origin.address, () => passwords.hash(password));
      const outcome = await complete(found, { name, passwordHash, origin });
      if (outcome === 'dead') return sendProblem(reply, 'LINK_NOT_VALID');
      if (outcome === 'taken') return sendProblem(reply, 'EMAIL_TAKEN');
      return reply.code(204).send(undefined);
    },
  );

  /** `dead`: the link was used meanwhile. `taken`: another account has the address by now. */
  const complete = (found: Found, { name, passwordHash, origin }: { name: string; passwordHash: string; origin: Origin }) =>
    inTransaction(db, async (trx): Promise<'created' | 'taken' | 'dead'> => {
      if (!(await useOneTimeToken(trx, found))) return 'dead';
      const accountId = await createAccount(trx, { email: found.email, name, passwordHash }, nowMs());
      if (accountId === undefined) return 'taken';
      await deleteSignUps(trx, found.email_key);
      await rememberPlaces(trx, uuidBytes(accountId), origin, new Date(nowMs()));
      return 'created';
    });
}
