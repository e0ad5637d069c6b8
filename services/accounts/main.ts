import { measureRequests } from '../shared/http/measure-requests.ts';
import { serveMetrics } from '../shared/http/serve-metrics.ts';
import { startVerifier } from '../shared/identity/start-verifier.ts';
import type { Verifier } from '../shared/identity/verifier.ts';
import { createRequestLimits } from '../shared/limits/limit-requests.ts';
import { runService } from '../shared/process/run-service.ts';
import { withCredentials } from '../shared/stores/credentials.ts';
import { openDatabase } from '../shared/stores/database.ts';
import { buildAccountsApp } from './app.ts';
import { startCleaner } from './cleaner.ts';
import { accountsConfig } from './config.ts';
import { createCounters } from './counters.ts';
import { createMailBudget } from './mail/mail-budget.ts';
import { startMailSender } from './mail/mail-sender.ts';
import { queueMail } from './mail/queue-mail.ts';
import { connectSes, createSendMail } from './mail/ses.ts';
import { createAccountsMetrics } from './metrics.ts';
import { createOidc } from './oidc/oidc.ts';
import { parseProviders } from './oidc/providers.ts';
import { createHashQueue, hashLimits } from './passwords/hash-queue.ts';
import { createPasswords } from './passwords/passwords.ts';
import { createRefreshTokens } from './sessions/refresh-token.ts';
import { createSessions } from './sessions/sessions.ts';
import { createTokenIssuer } from './tokens/token-issuer.ts';

/** Until anything can be verified, requests with credentials are answered 503. */
const notYet: Verifier = { hasAccounts: true, recall: () => undefined, verify: async () => 'unknown' };

await runService('accounts', accountsConfig, async ({ config, logger, resources, fail }) => {
  const { DATABASE_URL, DATABASE_USERNAME: username, DATABASE_PASSWORD: password, PUBLIC_ORIGIN: origin, PORT } = config;
  const { db, readUse } = openDatabase(withCredentials(DATABASE_URL, { username, password }), config.DATABASE_CONNECTIONS, fail);
  resources.defer(() => db.destroy());
  const providers = parseProviders(config.OIDC_PROVIDERS);
  const issuer = createTokenIssuer({ db, keySecret: config.ACCOUNTS_KEY_SECRET, issuer: `${origin}/accounts` });
  const ses = connectSes();
  resources.defer(() => ses.destroy());
  const mails = startMailSender({ db, send: createSendMail(ses, config.MAIL_FROM), origin, logger });
  resources.defer(() => mails.stop());
  const cleaner = startCleaner({ db, logger });
  resources.defer(() => cleaner.stop());
  // Accounts has no Redis: each process limits API keys by itself. They may do nothing here but what strangers may.
  const limits = createRequestLimits(config);
  const counters = createCounters();
  const hashQueue = createHashQueue(hashLimits(config.PASSWORDS_AT_ONCE));
  const { registry, timeHash } = createAccountsMetrics({ db, readUse, counters, hashQueue, limited: limits.counts });
  let verifier: Verifier = notYet;
  const app = await buildAccountsApp({
    context: {
      db,
      sessions: createSessions(createRefreshTokens(config.ACCOUNTS_KEY_SECRET)),
      passwords: createPasswords({ onRun: timeHash }),
      hashQueue,
      issuer,
      queueMail,
      mailBudget: createMailBudget(limits),
      wakeMail: () => mails.wake(),
      networkOf: limits.networkOf,
      trustedOrigins: new Set([origin, ...config.CORS_ORIGINS.split(',').filter(Boolean)]),
      counters,
      nowMs: Date.now,
    },
    signingKeys: issuer.signingKeys,
    oidc: createOidc({ providers, origin, secret: config.ACCOUNTS_KEY_SECRET, logger }),
    verifier: {
      hasAccounts: true,
      recall: (token) => verifier.recall(token),
      verify: (token, network) => verifier.verify(token, network),
    },
    logger,
    opsToken: config.OPS_TOKEN,
    corsOrigins: config.CORS_ORIGINS,
    limits,
  });
  resources.defer(() => app.close());
  measureRequests(app, registry);
  await app.listen({ port: PORT, host: config.HOST });
  // It verifies as every other service does, with what it publishes itself, and so only once it listens.
  verifier = startVerifier({ ...config, ACCOUNTS_URL: `http://127.0.0.1:${PORT}` }, { service: 'accounts', logger, resources });
  await serveMetrics(registry, { config, logger, resources });
});
