import type { FastifyRequest } from 'fastify';
import type { Database } from '../shared/stores/database.ts';
import type { Counters } from './counters.ts';
import type { Mail } from './mail/mail.ts';
import type { MailBudget } from './mail/mail-budget.ts';
import type { HashQueue } from './passwords/hash-queue.ts';
import type { Passwords } from './passwords/passwords.ts';
import type { Sessions } from './sessions/sessions.ts';
import type { TokenIssuer } from './tokens/token-issuer.ts';

/** Everything that the routes of accounts need. */
export type AccountsContext = {
  db: Database;
  sessions: Sessions;
  passwords: Passwords;
  /** Bounds how many passwords are hashed or checked at a time. */
  hashQueue: HashQueue;
  issuer: Pick<TokenIssuer, 'issue'>;
  /** Puts a mail into the outbox, in the transaction that makes it necessary. */
  queueMail: (trx: Database, mail: Mail, nowMs: number) => Promise<unknown>;
  /** Bounds the mails that one sender may cause. */
  mailBudget: MailBudget;
  /** Called after a transaction that may have queued a mail. */
  wakeMail: () => void;
  /** The network that a request's client is slowed down with: an address, or the /64 of an IPv6 address. */
  networkOf: (request: FastifyRequest) => string;
  /** Origins whose pages may use a browser's session. */
  trustedOrigins: ReadonlySet<string>;
  counters: Counters;
  nowMs: () => number;
};
