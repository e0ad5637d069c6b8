import { readDirectory } from '../../services/accounts/api-keys/api-keys.ts';
import { buildAccountsApp } from '../../services/accounts/app.ts';
import type { AccountsContext } from '../../services/accounts/context.ts';
import { createCounters } from '../../services/accounts/counters.ts';
import type { Mail } from '../../services/accounts/mail/mail.ts';
import { queueMail } from '../../services/accounts/mail/queue-mail.ts';
import { createOidc } from '../../services/accounts/oidc/oidc.ts';
import type { Provider } from '../../services/accounts/oidc/providers.ts';
import { createHashQueue } from '../../services/accounts/passwords/hash-queue.ts';
import { createPasswords } from '../../services/accounts/passwords/passwords.ts';
import { createRefreshTokens } from '../../services/accounts/sessions/refresh-token.ts';
import { createSessions } from '../../services/accounts/sessions/sessions.ts';
import { createTokenIssuer } from '../../services/accounts/tokens/token-issuer.ts';
import { clientAddressOf, networkOf } from '../../services/shared/http/client-address.ts';
import { issuerOf, parseSigningKeys } from '../../services/shared/identity/access-tokens.ts';
import { parseKeyDirectory } from '../../services/shared/identity/api-keys.ts';
import { createVerifierWith } from '../../services/shared/identity/verifier.ts';
import type { RequestLimits } from '../../services/shared/limits/limit-requests.ts';
import type { Database } from '../../services/shared/stores/database.ts';
import { accountsKeySecret, opsToken } from './apps.ts';
import { silentLogger } from './silent-logger.ts';
import { serviceSecret, testVerifier } from './tokens.ts';

/** Where the tests' people reach the system. */
export const publicOrigin = 'https://tickets.example';
/** argon2id as cheap as it can be. */
export const cheap = { memoryKib: 8, passes: 1, parallelism: 1 };

/** An accounts app, wired as in main.ts, but with cheap passwords, a clock that the test sets, and a list of the mails that it queues. */
export async function testAccounts(
  db: Database,
  changes: Partial<AccountsContext> = {},
  providers: Provider[] = [],
  limits?: RequestLimits,
) {
  const { context, issuer, clock, mails } = testContext(db, changes);
  const { signingKeys } = issuer;
  const keys = await polled(async () => parseSigningKeys(await signingKeys.published()));
  const directory = await polled(async () => parseKeyDirectory({ keys: await readDirectory(db) }));
  const verifier = createVerifierWith({
    issuer: issuerOf(publicOrigin),
    service: 'accounts',
    serviceSecret,
    keys,
    directory,
    now: context.nowMs,
  });
  const app = await buildAccountsApp({
    context,
    signingKeys,
    oidc: testOidc(context, providers),
    verifier,
    logger: silentLogger,
    opsToken,
    ...(limits && { limits }),
    // These tests are not about time, and run beside many others.
    handlerMs: 60_000,
  });
  return { app, context, clock, mails, directory };
}

/** An accounts app for tests of other things, which trusts the tests' own tokens. It connects to `db` only for a request. */
export function testAccountsApp({ db }: { db: Database }) {
  const { context, issuer } = testContext(db);
  const { signingKeys } = issuer;
  const oidc = testOidc(context, []);
  return buildAccountsApp({ context, signingKeys, oidc, verifier: testVerifier('accounts'), logger: silentLogger, opsToken });
}

function testOidc({ nowMs }: AccountsContext, providers: Provider[]) {
  return createOidc({ providers, origin: publicOrigin, secret: accountsKeySecret, logger: silentLogger, clock: nowMs });
}

function testContext(db: Database, changes: Partial<AccountsContext> = {}) {
  const clock = { nowMs: Date.now() };
  const nowMs = () => clock.nowMs;
  const mails: Mail[] = [];
  const issuer = createTokenIssuer({ db, keySecret: accountsKeySecret, issuer: issuerOf(publicOrigin), clock: nowMs });
  const context: AccountsContext = {
    db,
    sessions: createSessions(createRefreshTokens(accountsKeySecret), nowMs),
    passwords: createPasswords({ cost: cheap }),
    hashQueue: createHashQueue({ running: 2, waiting: 1_000, waitMs: 60_000, perClient: 1_000 }),
    issuer,
    queueMail: async (trx, mail, atMs) => {
      mails.push(mail);
      return await queueMail(trx, mail, atMs);
    },
    mailBudget: { admits: () => true },
    wakeMail: () => {},
    networkOf: (request) => networkOf(clientAddressOf(request, 1)),
    trustedOrigins: new Set([publicOrigin]),
    counters: createCounters(),
    nowMs,
    ...changes,
  };
  return { context, issuer, clock, mails };
}

/** What a service has read, as poll has it. */
async function polled<T>(read: () => Promise<T>) {
  let known = await read();
  const refresh = async () => {
    known = await read();
  };
  return { current: () => known, refresh, stop: () => {} };
}
