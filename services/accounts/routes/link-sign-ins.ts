import { Type } from 'typebox';
import type { HttpServer } from '../../shared/http/http-server.ts';
import { problemResponses, sendProblem } from '../../shared/http/problems.ts';
import { inTransaction } from '../../shared/stores/transaction.ts';
import { EmailAddress, emailOf } from '../../shared/terms/email-address.ts';
import { accountOfProvenEmail, findByEmail } from '../accounts/accounts.ts';
import type { AccountsContext } from '../context.ts';
import { createOneTimeToken, findOneTimeToken, lifeMinutes, useOneTimeToken } from '../one-time/one-time-tokens.ts';
import { OneTimeToken } from './account-schemas.ts';
import { beginSession, SessionKind, sendTokens, Tokens } from './begin-session.ts';
import { isOwnPage, sendForeignPage } from './browser-session.ts';
import { linkTo } from './links.ts';
import { empty, json } from './reply-schemas.ts';

/** /accounts/api/v1/sign-in-links and /sign-ins/link: signing in by mail, for guests, who have no password. */
export function registerLinkSignInRoutes(app: HttpServer, context: AccountsContext): void {
  const { db, queueMail, mailBudget, wakeMail, counters, trustedOrigins, nowMs } = context;

  app.post(
    '/accounts/api/v1/sign-in-links',
    {
      config: { operation: 'public' },
      schema: {
        operationId: 'requestSignInLink',
        summary: 'Send a link that signs in',
        description:
          'For guests, who have no password, and for people who forgot theirs. An address without an account gets a link too: following it ' +
          'proves whose address it is, and creates an account without a password.',
        tags: ['sign-in'],
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
        // To the address as its owner gave it, not as the caller writes it.
        const to = known?.email ?? email;
        const token = await createOneTimeToken(trx, { kind: 'sign-in', email: to, emailKey: key }, nowMs());
        const [link, validMinutes] = [linkTo('sign-in', token), lifeMinutes('sign-in')];
        await queueMail(trx, { kind: 'sign-in-link', to, link, validMinutes, hasAccount: known !== undefined }, nowMs());
      });
      wakeMail();
      return reply.code(202).send(undefined);
    },
  );

  app.post(
    '/accounts/api/v1/sign-ins/link',
    {
      config: { operation: 'public' },
      schema: {
        operationId: 'signInByLink',
        summary: 'Sign in with the token of a link',
        tags: ['sign-in'],
        body: Type.Object({ token: OneTimeToken, session: SessionKind }, { additionalProperties: false }),
        response: {
          200: json(Tokens, 'Signed in'),
          ...problemResponses('INVALID_REQUEST', 'NOT_SIGNED_IN', 'ORIGIN_NOT_ALLOWED', 'LINK_NOT_VALID', 'SERVICE_UNAVAILABLE'),
        },
      },
    },
    async (request, reply) => {
      const { token, session } = request.body;
      const isCookie = session === 'cookie';
      if (isCookie && !isOwnPage(request, trustedOrigins)) return sendForeignPage(reply);
      const begun = await inTransaction(db, async (trx) => {
        const found = await findOneTimeToken(trx, token, ['sign-in'], nowMs());
        if (!found || !(await useOneTimeToken(trx, found))) return undefined;
        const accountId = await accountOfProvenEmail(trx, found.email, nowMs());
        return await beginSession(trx, request, context, { accountId, method: 'link', isCookie });
      });
      counters.countSignIn(begun ? 'link' : 'dead-link');
      if (!begun) return sendProblem(reply, 'LINK_NOT_VALID');
      return await sendTokens(reply, context, { ...begun, isCookie });
    },
  );
}
