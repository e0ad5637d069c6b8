import type { FastifyReply } from 'fastify';
import { Type } from 'typebox';
import type { HttpServer } from '../../shared/http/http-server.ts';
import { problemResponses, sendProblem } from '../../shared/http/problems.ts';
import { isDuplicate } from '../../shared/stores/database.ts';
import { inTransaction } from '../../shared/stores/transaction.ts';
import { createSampledLog } from '../../shared/telemetry/sampled-log.ts';
import type { AccountsContext } from '../context.ts';
import { beginSession } from '../routes/begin-session.ts';
import { setDeviceCookie, setSessionCookie } from '../routes/browser-session.ts';
import { lockSignedIn } from '../routes/signed-in.ts';
import { accountOfIdentity, isChangedMeanwhile, linkIdentity } from './identities.ts';
import type { Oidc } from './oidc.ts';
import { showProblemsAsPages } from './problem-page.ts';
import { ProviderAway } from './provider-client.ts';
import { ProviderId } from './providers.ts';
import { ReturnTo } from './return-to.ts';
import { beginSignIn, finishSignIn, type Identity } from './sign-in.ts';
import type { PendingSignIn } from './sign-in-cookie.ts';
import { useState } from './used-states.ts';

const ofProvider = { params: Type.Object({ provider: ProviderId }) };
/** A callback waits for the provider up to three times. */
const callbackMs = 15_000;

/** GET /accounts/oidc/{provider}/start and /callback: signing in with a provider, in a browser. What goes wrong is a page (problem-page.ts). */
export function registerOidcRoutes(app: HttpServer, context: AccountsContext, oidc: Oidc): void {
  const { db, counters, wakeMail } = context;
  const { clients, cookie, origin } = oidc;
  const showProblem = showProblemsAsPages(clients);
  const noteInvalid = createSampledLog('warn', 'a callback of a sign-in provider was not valid');
  const noteAway = createSampledLog('warn', 'a sign-in provider is away');

  app.get(
    '/accounts/oidc/:provider/start',
    {
      onSend: showProblem,
      schema: {
        operationId: 'startProviderSignIn',
        summary: 'Sign in with a provider',
        description:
          "A link for browsers: leads to the provider's page, from there to the callback, and then to `returnTo`, signed in.",
        tags: ['sign-in'],
        ...ofProvider,
        querystring: Type.Object({ returnTo: Type.Optional(ReturnTo) }),
        response: {
          303: Type.Unsafe<undefined>({ type: 'null', description: "The provider's page" }),
          ...problemResponses('INVALID_REQUEST', 'PROVIDER_NOT_FOUND', 'PROVIDER_UNAVAILABLE'),
        },
      },
    },
    async ({ params, query, log }, reply) => {
      const client = clients.get(params.provider);
      if (!client) return sendProblem(reply, 'PROVIDER_NOT_FOUND');
      try {
        const { url, pending } = await beginSignIn(client, { origin, returnTo: query.returnTo ?? '/' });
        cookie.set(reply, pending);
        return keepPrivate(reply).redirect(url, 303);
      } catch (error) {
        return sendAway(reply, log, error);
      }
    },
  );

  app.get(
    '/accounts/oidc/:provider/callback',
    {
      handlerTimeout: callbackMs,
      onSend: showProblem,
      schema: {
        operationId: 'finishProviderSignIn',
        summary: 'Where a provider sends people back to',
        description: 'Register this address with the provider. Works once, in the browser that began the sign-in.',
        tags: ['sign-in'],
        ...ofProvider,
        response: {
          303: Type.Unsafe<undefined>({ type: 'null', description: 'The page to return to' }),
          ...problemResponses(
            'SIGN_IN_NOT_VALID',
            'SIGN_IN_REFUSED',
            'PROVIDER_NOT_FOUND',
            'IDENTITY_LINKED',
            'PROVIDER_UNAVAILABLE',
            'SERVICE_UNAVAILABLE',
          ),
        },
      },
    },
    async (request, reply) => {
      const { params, url, log } = request;
      keepPrivate(reply);
      const client = clients.get(params.provider);
      if (!client) return sendProblem(reply, 'PROVIDER_NOT_FOUND');
      const pending = cookie.take(request, reply);
      if (pending?.provider !== params.provider) return sendFailed(reply, 'SIGN_IN_NOT_VALID');
      // Before anything is asked of the provider: whatever happens next, it does not happen twice.
      if (!(await useState(db, pending))) return sendFailed(reply, 'SIGN_IN_NOT_VALID');
      const at = url.indexOf('?');
      const query = at === -1 ? '' : url.slice(at);
      try {
        const finished = await finishSignIn(client, { origin, query, pending });
        switch (finished.kind) {
          case 'refused':
            return sendFailed(reply, 'SIGN_IN_REFUSED');
          case 'invalid':
            noteInvalid(log, { provider: params.provider, err: finished.cause });
            return sendFailed(reply, 'SIGN_IN_NOT_VALID');
          case 'identified':
            break;
          default:
            finished satisfies never;
        }
        const done = await settle(finished.identity, pending);
        if (done === 'ended') return sendFailed(reply, 'SIGN_IN_NOT_VALID');
        if (done === 'elsewhere') return sendFailed(reply, 'IDENTITY_LINKED');
        if (done !== 'linked') {
          setSessionCookie(reply, done.refreshToken);
          if (done.device !== undefined) setDeviceCookie(reply, done.device);
        }
        wakeMail();
        counters.countSignIn('oidc');
        return reply.redirect(pending.returnTo, 303);
      } catch (error) {
        return sendAway(reply, log, error);
      }

      async function settle(identity: Identity, { link, provider }: PendingSignIn) {
        return await retryOnce(() =>
          inTransaction(db, async (trx) => {
            if (link) {
              // Signed out meanwhile, perhaps because somebody else was.
              if (!(await lockSignedIn(trx, link, context))) return 'ended' as const;
              return (await linkIdentity(trx, identity, link.accountId, context)) ? ('linked' as const) : ('elsewhere' as const);
            }
            const accountId = await accountOfIdentity(trx, identity, context);
            return await beginSession(trx, request, context, { accountId, method: `oidc:${provider}`, isCookie: true });
          }),
        );
      }
    },
  );

  function sendFailed(reply: FastifyReply, code: 'SIGN_IN_NOT_VALID' | 'SIGN_IN_REFUSED' | 'IDENTITY_LINKED') {
    counters.countSignIn('oidc-failed');
    return sendProblem(reply, code);
  }

  function sendAway(reply: FastifyReply, log: Parameters<typeof noteAway>[0], error: unknown) {
    if (!(error instanceof ProviderAway)) throw error;
    noteAway(log, { err: error });
    return sendProblem(reply, 'PROVIDER_UNAVAILABLE');
  }
}

/** URLs of sign-ins contain secrets: no cache may keep them, and no other site may learn them. */
const keepPrivate = (reply: FastifyReply) => reply.header('cache-control', 'no-store').header('referrer-policy', 'no-referrer');

/** The same identity may sign in twice at the same time, for the first time. */
async function retryOnce<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!isDuplicate(error) && !isChangedMeanwhile(error)) throw error;
    return await work();
  }
}
