import { randomBytes } from 'node:crypto';
import { v7 as uuidv7 } from 'uuid';
import type { Database } from '../../shared/stores/database.ts';
import { uuidBytes, uuidText } from '../../shared/stores/uuid.ts';
import { parseRefreshToken, type RefreshTokens } from './refresh-token.ts';

export type Sessions = ReturnType<typeof createSessions>;

/** A session ends when it was not used for this long … */
const idleMs = 30 * 86_400_000;
/** … and at this age at the latest. */
const longestMs = 180 * 86_400_000;
/**
 * Tabs that share a token may refresh together, or repeat a refresh whose answer was lost. For this long after a rotation its token does not
 * rotate again, and the one before it leads to the same new token.
 */
const graceMs = 10_000;

/** More than anybody has; somebody who signs in by a program may. */
const mostListed = 100;

/** `usedOn`: when its refresh token was last exchanged. */
export type SessionEntry = { sessionId: string; method: string; createdOn: string; usedOn: string; expiresOn: string };

export type NewSession = { sessionId: string; refreshToken: string };

export type Refreshed =
  | { kind: 'refreshed'; accountId: string; sessionId: string; refreshToken: string; hasRotated: boolean }
  /** An old token came again, so somebody has a copy: the session has been ended. */
  | { kind: 'reused'; accountId: string; sessionId: string }
  | { kind: 'unknown' };

/** Sessions in MySQL and their refresh tokens. Each function takes `db` or a transaction first. */
export function createSessions(tokens: RefreshTokens, nowMs: () => number = Date.now) {
  return {
    /** Begins a session of an account that has just signed in by `method`: `password`, `link`, `oidc:<provider>`. */
    async createSession(db: Database, { accountId, method }: { accountId: string; method: string }): Promise<NewSession> {
      const now = nowMs();
      const sessionId = uuidv7();
      const salt = randomBytes(32);
      await db
        .insertInto('sessions')
        .values({
          session_id: uuidBytes(sessionId),
          account_id: uuidBytes(accountId),
          method: method.slice(0, 64),
          salt,
          generation: 1,
          rotated_on: null,
          created_on: new Date(now),
          expires_on: new Date(now + idleMs),
        })
        .execute();
      return { sessionId, refreshToken: tokens.tokenOf(uuidBytes(sessionId), 1, salt) };
    },

    /** Exchanges a refresh token for the next one. A token from before the last rotation ends the session (RFC 9700, 4.14.2). */
    async refresh(db: Database, text: string): Promise<Refreshed> {
      const parts = parseRefreshToken(text);
      if (!parts) return { kind: 'unknown' };
      const id = uuidBytes(parts.sessionId);
      const now = nowMs();
      return await db.transaction().execute(async (trx): Promise<Refreshed> => {
        const row = await trx
          .selectFrom('sessions')
          .selectAll()
          .where('session_id', '=', id)
          .where('expires_on', '>', new Date(now))
          .forUpdate()
          .executeTakeFirst();
        if (!row || parts.generation > row.generation || !tokens.isTokenOf(id, parts, row.salt)) return { kind: 'unknown' };
        const of = { accountId: uuidText(row.account_id), sessionId: parts.sessionId };
        const isFresh = row.rotated_on !== null && now - row.rotated_on.getTime() < graceMs;
        const isCurrent = parts.generation === row.generation;
        if (isFresh && (isCurrent || parts.generation === row.generation - 1)) {
          return { kind: 'refreshed', ...of, refreshToken: tokens.tokenOf(id, row.generation, row.salt), hasRotated: false };
        }
        if (!isCurrent) {
          await trx.deleteFrom('sessions').where('session_id', '=', id).execute();
          return { kind: 'reused', ...of };
        }
        const generation = row.generation + 1;
        const endsMs = Math.min(now + idleMs, row.created_on.getTime() + longestMs);
        await trx
          .updateTable('sessions')
          .set({ generation, rotated_on: new Date(now), expires_on: new Date(endsMs) })
          .where('session_id', '=', id)
          .execute();
        return { kind: 'refreshed', ...of, refreshToken: tokens.tokenOf(id, generation, row.salt), hasRotated: true };
      });
    },

    /** The session that a refresh token belongs to or belonged to, without using it. */
    async sessionOf(db: Database, text: string): Promise<string | undefined> {
      const parts = parseRefreshToken(text);
      if (!parts) return undefined;
      const id = uuidBytes(parts.sessionId);
      const row = await db.selectFrom('sessions').select('salt').where('session_id', '=', id).executeTakeFirst();
      return row && tokens.isTokenOf(id, parts, row.salt) ? parts.sessionId : undefined;
    },

    /** When a live session began; undefined if it has ended. */
    async beganOn(db: Database, { sessionId, accountId }: { sessionId: string; accountId: string }): Promise<Date | undefined> {
      const row = await db
        .selectFrom('sessions')
        .select('created_on')
        .where('session_id', '=', uuidBytes(sessionId))
        .where('account_id', '=', uuidBytes(accountId))
        .where('expires_on', '>', new Date(nowMs()))
        .executeTakeFirst();
      return row?.created_on;
    },

    /** An account's live sessions, newest first. */
    async list(db: Database, accountId: string): Promise<SessionEntry[]> {
      const rows = await db
        .selectFrom('sessions')
        .select(['session_id', 'method', 'created_on', 'rotated_on', 'expires_on'])
        .where('account_id', '=', uuidBytes(accountId))
        .where('expires_on', '>', new Date(nowMs()))
        .orderBy('session_id', 'desc')
        .limit(mostListed)
        .execute();
      return rows.map(({ session_id, method, created_on, rotated_on, expires_on }) => ({
        sessionId: uuidText(session_id),
        method,
        createdOn: created_on.toISOString(),
        usedOn: (rotated_on ?? created_on).toISOString(),
        expiresOn: expires_on.toISOString(),
      }));
    },

    /** Ends a session of an account. Returns whether it had this one. */
    async endOf(db: Database, { accountId, sessionId }: { accountId: string; sessionId: string }): Promise<boolean> {
      const { numDeletedRows } = await db
        .deleteFrom('sessions')
        .where('session_id', '=', uuidBytes(sessionId))
        .where('account_id', '=', uuidBytes(accountId))
        .where('expires_on', '>', new Date(nowMs()))
        .executeTakeFirst();
      return numDeletedRows === 1n;
    },

    async end(db: Database, sessionId: string): Promise<void> {
      await db.deleteFrom('sessions').where('session_id', '=', uuidBytes(sessionId)).execute();
    },

    /** Ends an account's sessions, but not the one named `except`. Returns how many there were. */
    async endAll(db: Database, accountId: string, except?: string): Promise<number> {
      const ended = await db
        .deleteFrom('sessions')
        .where('account_id', '=', uuidBytes(accountId))
        .$if(except !== undefined, (query) => query.where('session_id', '!=', uuidBytes(except ?? '')))
        .executeTakeFirst();
      return Number(ended.numDeletedRows);
    },
  };
}
