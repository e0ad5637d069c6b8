import { LRUCache } from 'lru-cache';
import { Type } from 'typebox';
import type { HttpServer } from '../../shared/http/http-server.ts';
import { problemResponses, sendProblem } from '../../shared/http/problems.ts';
import { EmailAddress, emailOf } from '../../shared/terms/email-address.ts';
import type { AccountsContext } from '../context.ts';
import { GivenPassword } from '../passwords/password-rules.ts';
import type { Braked } from '../sign-in/sign-in-brake.ts';
import { trySignIn } from '../sign-in/try-sign-in.ts';
import { beginSession, SessionKind, sendTokens, Tokens } from './begin-session.ts';
import { isOwnPage, sendForeignPage } from './browser-session.ts';
import { originOf } from './client.ts';
import { json } from './reply-schemas.ts';
import { sendTooMany } from './too-many.ts';

/** How many refused tries are remembered, so that repeating them costs neither MySQL nor a place in the queue. */
const maxRemembered = 10_000;

/** POST /accounts/api/v1/sign-ins: by e-mail address and password. */
export function registerSignInRoutes(app: HttpServer, context: AccountsContext): void {
  const { hashQueue, counters, trustedOrigins, nowMs } = context;
  const refusedUntilMs = new LRUCache<string, number>({ max: maxRemembered });

  app.post(
    '/accounts/api/v1/sign-ins',
    {
      config: { operation: 'public' },
      schema: {
        operationId: 'signIn',
        summary: 'Sign in',
        description:
          'The answer does not tell whether the address or the password is wrong. After several wrong passwords, each further try must wait ' +
          'longer (429); a browser or an address that has signed in before does not wait for the errors of others.',
        tags: ['sign-in'],
        body: Type.Object(
          { email: EmailAddress, password: GivenPassword, session: SessionKind },
          { additionalProperties: false },
        ),
        response: {
          200: json(Tokens, 'Signed in'),
          ...problemResponses(
            'INVALID_REQUEST',
            'NOT_SIGNED_IN',
            'SIGN_IN_FAILED',
            'ORIGIN_NOT_ALLOWED',
            'TOO_MANY_SIGN_INS',
            'SERVICE_UNAVAILABLE',
          ),
        },
      },
    },
    async (request, reply) => {
      const { password, session } = request.body;
      const isCookie = session === 'cookie';
      if (isCookie && !isOwnPage(request, trustedOrigins)) return sendForeignPage(reply);
      const { key } = emailOf(request.body.email);
      const origin = originOf(request, context);
      const name = `${origin.address} ${origin.device ?? ''} ${key}`;
      const refused = recall(name);
      if (refused) {
        counters.countSignIn('braked');
        return sendTooMany(reply, refused);
      }
      const outcome = await hashQueue.run(origin.address, () =>
        trySignIn(context, { emailKey: key, password, origin }, (trx, accountId) =>
          beginSession(trx, request, context, { accountId, method: 'password', isCookie }),
        ),
      );
      counters.countSignIn(outcome.kind);
      if (outcome.kind === 'wrong') return sendProblem(reply, 'SIGN_IN_FAILED');
      if (outcome.kind === 'braked') {
        refusedUntilMs.set(name, nowMs() + outcome.retryAfterSeconds * 1_000);
        return sendTooMany(reply, outcome);
      }
      return await sendTokens(reply, context, { ...outcome.begun, isCookie });
    },
  );

  function recall(name: string): Braked | undefined {
    const waitMs = (refusedUntilMs.get(name) ?? 0) - nowMs();
    return waitMs > 0 ? { kind: 'braked', retryAfterSeconds: Math.ceil(waitMs / 1_000) } : undefined;
  }
}
