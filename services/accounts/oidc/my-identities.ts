import { Type } from 'typebox';
import type { HttpServer } from '../../shared/http/http-server.ts';
import { problemResponses, sendProblem } from '../../shared/http/problems.ts';
import { inTransaction } from '../../shared/stores/transaction.ts';
import { Timestamp } from '../../shared/terms/identifiers.ts';
import type { AccountsContext } from '../context.ts';
import { GivenPassword } from '../passwords/password-rules.ts';
import { isOwnPage, sendForeignPage } from '../routes/browser-session.ts';
import { empty, json } from '../routes/reply-schemas.ts';
import { requireOwner, requireSignedIn } from '../routes/signed-in.ts';
import { listIdentities, unlinkIdentities } from './identities.ts';
import type { Oidc } from './oidc.ts';
import { ProviderAway } from './provider-client.ts';
import { ProviderId } from './providers.ts';
import { ReturnTo } from './return-to.ts';
import { beginSignIn } from './sign-in.ts';

const ProviderRow = Type.Object({
  id: ProviderId,
  name: Type.String({ description: 'To show on a button' }),
  startUrl: Type.String({ description: 'Lead the browser there; add `?returnTo=` and a path to come back to' }),
});

const IdentityRow = Type.Object({
  provider: Type.Optional(ProviderId),
  issuer: Type.String({ description: "The provider's identifier" }),
  linkedOn: Timestamp,
  usedOn: Timestamp,
});

const url = '/accounts/api/v1/me/identities';
const whileSignedIn = ['INVALID_REQUEST', 'NOT_SIGNED_IN', 'SESSION_ENDED', 'FORBIDDEN', 'SERVICE_UNAVAILABLE'] as const;

/** /accounts/api/v1/providers, and /accounts/api/v1/me/identities: the providers that an account can sign in with. */
export function registerIdentityRoutes(app: HttpServer, context: AccountsContext, oidc: Oidc): void {
  const { db, trustedOrigins, wakeMail } = context;
  const { clients, cookie, origin } = oidc;
  const config = { operation: 'signed-in' } as const;
  const providers = [...clients.values()].map(({ provider }) => provider);

  app.get(
    '/accounts/api/v1/providers',
    {
      config: { operation: 'public' },
      schema: {
        operationId: 'listProviders',
        summary: 'The providers that people can sign in with',
        tags: ['sign-in'],
        response: {
          200: json(Type.Array(ProviderRow), 'The providers'),
          ...problemResponses('INVALID_REQUEST', 'NOT_SIGNED_IN'),
        },
      },
    },
    () => providers.map(({ id, name }) => ({ id, name, startUrl: `/accounts/oidc/${id}/start` })),
  );

  app.get(
    url,
    {
      config,
      schema: {
        operationId: 'listIdentities',
        summary: 'The providers that one signs in with',
        tags: ['me'],
        response: { 200: json(Type.Array(IdentityRow), 'The identities'), ...problemResponses(...whileSignedIn) },
      },
    },
    async (request, reply) => {
      const signedIn = await requireSignedIn(request, reply, context);
      if (!signedIn) return reply;
      const rows = await listIdentities(db, signedIn.accountId);
      return reply.send(
        rows.map(({ issuer, linked_on, used_on }) => ({
          ...providerOf(issuer),
          issuer,
          linkedOn: linked_on.toISOString(),
          usedOn: used_on.toISOString(),
        })),
      );
    },
  );

  app.post(
    url,
    {
      config,
      schema: {
        operationId: 'linkIdentity',
        summary: 'Begin to link a provider, to sign in with it from then on',
        description:
          'For pages: lead the browser to the `url` of the reply. Needs the password or, if the account has none, a sign-in during the last 15 minutes.',
        tags: ['me'],
        body: Type.Object(
          { provider: ProviderId, returnTo: Type.Optional(ReturnTo), password: Type.Optional(GivenPassword) },
          { additionalProperties: false },
        ),
        response: {
          201: json(Type.Object({ url: Type.String() }), "The provider's page"),
          ...problemResponses(
            ...whileSignedIn,
            'PASSWORD_WRONG',
            'SIGN_IN_AGAIN',
            'ORIGIN_NOT_ALLOWED',
            'PROVIDER_NOT_FOUND',
            'TOO_MANY_SIGN_INS',
            'PROVIDER_UNAVAILABLE',
          ),
        },
      },
    },
    async (request, reply) => {
      if (!isOwnPage(request, trustedOrigins)) return sendForeignPage(reply);
      const signedIn = await requireSignedIn(request, reply, context);
      if (!signedIn) return reply;
      const { provider, returnTo = '/', password } = request.body;
      const client = clients.get(provider);
      if (!client) return sendProblem(reply, 'PROVIDER_NOT_FOUND');
      if (!(await requireOwner(request, reply, context, { ...signedIn, password, pointer: '#/password' }))) return reply;
      const { accountId, sessionId } = signedIn;
      try {
        const begun = await beginSignIn(client, { origin, returnTo, link: { accountId, sessionId } });
        cookie.set(reply, begun.pending);
        return reply.code(201).send({ url: begun.url });
      } catch (error) {
        if (!(error instanceof ProviderAway)) throw error;
        return sendProblem(reply, 'PROVIDER_UNAVAILABLE');
      }
    },
  );

  app.delete(
    `${url}/:provider`,
    {
      config,
      schema: {
        operationId: 'unlinkIdentity',
        summary: 'Stop signing in with a provider',
        tags: ['me'],
        params: Type.Object({ provider: ProviderId }),
        response: {
          204: empty('The provider is no longer linked'),
          ...problemResponses(...whileSignedIn, 'PROVIDER_NOT_FOUND', 'LAST_SIGN_IN'),
        },
      },
    },
    async (request, reply) => {
      const signedIn = await requireSignedIn(request, reply, context);
      if (!signedIn) return reply;
      const issuer = clients.get(request.params.provider)?.provider.issuer;
      if (issuer === undefined) return sendProblem(reply, 'PROVIDER_NOT_FOUND');
      const { accountId } = signedIn;
      const outcome = await inTransaction(db, (trx) => unlinkIdentities(trx, { accountId, issuer }, context));
      if (outcome === 'unknown') return sendProblem(reply, 'PROVIDER_NOT_FOUND');
      if (outcome === 'last') return sendProblem(reply, 'LAST_SIGN_IN');
      wakeMail();
      return reply.code(204).send(undefined);
    },
  );

  function providerOf(issuer: string): { provider?: string } {
    const provider = providers.find((one) => one.issuer === issuer);
    return provider ? { provider: provider.id } : {};
  }
}
