import cookie from '@fastify/cookie';
import { sql } from 'kysely';
import { serveApiDocuments } from '../shared/http/api-documents.ts';
import { forbidCaches } from '../shared/http/forbid-caches.ts';
import { registerHealth } from '../shared/http/health.ts';
import { createHttpServer } from '../shared/http/http-server.ts';
import { traceRequests } from '../shared/http/trace-requests.ts';
import { identifyPrincipals } from '../shared/identity/identify-principals.ts';
import type { Verifier } from '../shared/identity/verifier.ts';
import { limitRequests, type RequestLimits } from '../shared/limits/limit-requests.ts';
import { isDatabaseAway } from '../shared/stores/database.ts';
import type { Logger } from '../shared/telemetry/logger.ts';
import type { AccountsContext } from './context.ts';
import { registerIdentityRoutes } from './oidc/my-identities.ts';
import type { Oidc } from './oidc/oidc.ts';
import { registerOidcRoutes } from './oidc/sign-in-routes.ts';
import { registerApiKeyRoutes } from './routes/api-keys.ts';
import { registerInvitationRoutes } from './routes/invitations.ts';
import { registerKeyDirectory } from './routes/key-directory.ts';
import { registerLinkPage } from './routes/link-page.ts';
import { registerLinkSignInRoutes } from './routes/link-sign-ins.ts';
import { registerMeRoutes } from './routes/me.ts';
import { registerMemberRoutes } from './routes/members.ts';
import { registerMyCredentialsRoutes } from './routes/my-credentials.ts';
import { registerMySessionsRoutes } from './routes/my-sessions.ts';
import { registerOrganiserRoutes } from './routes/organisers.ts';
import { registerPasswordResetRoutes } from './routes/password-resets.ts';
import { registerSessionRoutes } from './routes/sessions.ts';
import { registerSignInRoutes } from './routes/sign-ins.ts';
import { registerSignUpRoutes } from './routes/sign-ups.ts';
import { registerVerificationRoutes } from './routes/verifications.ts';
import { registerJwks } from './tokens/jwks.ts';
import type { SigningKeys } from './tokens/signing-keys.ts';

/** After this long without a reply, MySQL counts as away. Longer than the queue of passwords takes. */
const usualHandlerMs = 5_000;

/** The accounts service's HTTP server, not yet listening. `context` is what its routes work with. */
export async function buildAccountsApp(options: {
  context: AccountsContext;
  signingKeys: SigningKeys;
  oidc: Oidc;
  verifier: Verifier;
  logger: Logger;
  /** The operator's token. If it is '', there is no operator. */
  opsToken: string;
  corsOrigins?: string;
  /** Without it, requests are not limited. */
  limits?: RequestLimits;
  handlerMs?: number;
}) {
  const {
    context,
    signingKeys,
    oidc,
    verifier,
    logger,
    opsToken,
    corsOrigins = '',
    limits,
    handlerMs = usualHandlerMs,
  } = options;
  const app = createHttpServer({ logger, handlerMs, isAway: isDatabaseAway, corsOrigins });
  traceRequests(app);
  await serveApiDocuments(app, {
    title: 'Onsale: accounts',
    description:
      'People, their sessions, organisers, members and API keys. Every error is a problem (RFC 9457) with a stable `code`.',
    prefix: '/accounts',
  });
  await app.register(cookie);
  identifyPrincipals(app, { opsToken, verifier, addressOf: limits?.addressOf });
  if (limits) limitRequests(app, limits);
  forbidCaches(app);
  registerJwks(app, signingKeys);
  for (const register of routes) register(app, context);
  registerOidcRoutes(app, context, oidc);
  registerIdentityRoutes(app, context, oidc);
  registerLinkPage(app);
  registerHealth(app, '/accounts', { database: () => sql`select 1`.execute(context.db) });
  return app;
}

const routes = [
  registerSignUpRoutes,
  registerVerificationRoutes,
  registerSignInRoutes,
  registerLinkSignInRoutes,
  registerSessionRoutes,
  registerPasswordResetRoutes,
  registerMeRoutes,
  registerMyCredentialsRoutes,
  registerMySessionsRoutes,
  registerOrganiserRoutes,
  registerMemberRoutes,
  registerInvitationRoutes,
  registerApiKeyRoutes,
  registerKeyDirectory,
];
