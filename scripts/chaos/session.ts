import { randomUUID } from 'node:crypto';
import { v7 as uuid } from 'uuid';
import type { TokenIssuer } from '../../services/accounts/tokens/token-issuer.ts';

/** Half of an access token's life. */
const renewEveryMs = 300_000;

/** A buyer's account, and the header with its latest access token. */
export type Session = { accountId: string; authorization: () => Promise<string> };

/** Signs a buyer in. Its token is renewed in time; while MySQL is away, the old one is used on. */
export async function startSession(issuer: Pick<TokenIssuer, 'issue'>): Promise<Session> {
  const [accountId, sessionId] = [uuid(), randomUUID()];
  const issue = async () => `Bearer ${(await issuer.issue({ accountId, sessionId, roles: {} })).accessToken}`;
  let header = await issue();
  let issuedAtMs = performance.now();
  return {
    accountId,
    async authorization() {
      if (performance.now() - issuedAtMs < renewEveryMs) return header;
      issuedAtMs = performance.now();
      header = await issue().catch(() => header);
      return header;
    },
  };
}
