import { Type } from 'typebox';
import type { HttpServer } from '../../shared/http/http-server.ts';
import { problemResponses, sendProblem } from '../../shared/http/problems.ts';
import { roles } from '../../shared/identity/principal.ts';
import { inTransaction } from '../../shared/stores/transaction.ts';
import { uuidText } from '../../shared/stores/uuid.ts';
import { OrganiserId, Timestamp, Uuid } from '../../shared/terms/identifiers.ts';
import type { AccountRow } from '../accounts/accounts.ts';
import { type Deleted, deleteAccount } from '../accounts/delete-account.ts';
import { recordAudit } from '../audit/audits.ts';
import type { AccountsContext } from '../context.ts';
import { type RolesByOrganiser, readRoles } from '../organisers/members.ts';
import { GivenPassword } from '../passwords/password-rules.ts';
import { PersonName } from './account-schemas.ts';
import { clearSessionCookie } from './browser-session.ts';
import { empty, json } from './reply-schemas.ts';
import { orEmptyBody } from './sessions.ts';
import { lockOwner, lockSignedIn, requireOwner, requireSignedIn } from './signed-in.ts';

const Me = Type.Object({
  accountId: Uuid,
  email: Type.Optional(Type.String({ description: 'Verified; absent if the account has none' })),
  name: Type.String(),
  hasPassword: Type.Boolean(),
  createdOn: Timestamp,
  roles: Type.Record(OrganiserId, Type.Array(Type.Enum([...roles])), { description: 'What the account may do, by organiser' }),
});

const url = '/accounts/api/v1/me';

/** Thrown to roll back a deletion. */
class Blocked extends Error {
  readonly deleted: Exclude<Deleted, { kind: 'deleted' }>;
  constructor(deleted: Exclude<Deleted, { kind: 'deleted' }>) {
    super('The account is the last admin of an organiser');
    this.deleted = deleted;
  }
}

/** GET, PATCH and DELETE /accounts/api/v1/me: one's own account. */
export function registerMeRoutes(app: HttpServer, context: AccountsContext): void {
  const { db, queueMail, wakeMail, nowMs } = context;
  const config = { operation: 'signed-in' } as const;

  app.get(
    url,
    {
      config,
      schema: {
        operationId: 'getMe',
        summary: "One's own account",
        tags: ['me'],
        response: {
          200: json(Me, 'The account'),
          ...problemResponses('INVALID_REQUEST', 'NOT_SIGNED_IN', 'SESSION_ENDED', 'FORBIDDEN', 'SERVICE_UNAVAILABLE'),
        },
      },
    },
    async (request, reply) => {
      const signedIn = await requireSignedIn(request, reply, context);
      if (!signedIn) return reply;
      return reply.send(meOf(signedIn.account, await readRoles(db, signedIn.accountId)));
    },
  );

  app.patch(
    url,
    {
      config,
      schema: {
        operationId: 'changeMe',
        summary: "Change one's name",
        tags: ['me'],
        body: Type.Object({ name: PersonName }, { additionalProperties: false }),
        response: {
          200: json(Me, 'The account as it is now'),
          ...problemResponses('INVALID_REQUEST', 'NOT_SIGNED_IN', 'SESSION_ENDED', 'FORBIDDEN', 'SERVICE_UNAVAILABLE'),
        },
      },
    },
    async (request, reply) => {
      const signedIn = await requireSignedIn(request, reply, context);
      if (!signedIn) return reply;
      const { accountId } = signedIn;
      const { name } = request.body;
      const account = await inTransaction(db, async (trx) => {
        const locked = await lockSignedIn(trx, signedIn, context);
        if (!locked) return undefined;
        await trx.updateTable('accounts').set({ name }).where('account_id', '=', locked.account_id).execute();
        await recordAudit(trx, { principal: `account:${accountId}`, action: 'account.renamed', accountId }, nowMs());
        return { ...locked, name };
      });
      if (!account) return sendProblem(reply, 'SESSION_ENDED');
      return reply.send(meOf(account, await readRoles(db, accountId)));
    },
  );

  app.delete(
    url,
    {
      config,
      preValidation: orEmptyBody,
      schema: {
        operationId: 'deleteMe',
        summary: "Delete one's own account",
        description:
          'Deletes the address, the name, the password, all sessions and memberships. The records of its orders stay, without a name. Needs ' +
          'the password or, if the account has none, a sign-in during the last 15 minutes.',
        tags: ['me'],
        body: Type.Object({ password: Type.Optional(GivenPassword) }, { additionalProperties: false }),
        response: {
          204: empty('Deleted'),
          ...problemResponses(
            'INVALID_REQUEST',
            'NOT_SIGNED_IN',
            'SESSION_ENDED',
            'PASSWORD_WRONG',
            'SIGN_IN_AGAIN',
            'FORBIDDEN',
            'LAST_ADMIN',
            'TOO_MANY_SIGN_INS',
            'SERVICE_UNAVAILABLE',
          ),
        },
      },
    },
    async (request, reply) => {
      const signedIn = await requireSignedIn(request, reply, context);
      if (!signedIn) return reply;
      const { password } = request.body;
      if (!(await requireOwner(request, reply, context, { ...signedIn, password, pointer: '#/password' }))) return reply;
      try {
        const isDone = await inTransaction(db, async (trx) => {
          const account = await lockOwner(trx, signedIn, context);
          if (!account) return false;
          const deleted = await deleteAccount(trx, account, nowMs());
          if (deleted.kind !== 'deleted') throw new Blocked(deleted);
          if (account.email) await queueMail(trx, { kind: 'security', to: account.email, notice: 'account-deleted' }, nowMs());
          return true;
        });
        if (!isDone) return sendProblem(reply, 'SESSION_ENDED');
      } catch (error) {
        if (!(error instanceof Blocked)) throw error;
        return sendProblem(reply, 'LAST_ADMIN', { detail: `You are the last admin of ${error.deleted.organiserId}` });
      }
      wakeMail();
      clearSessionCookie(reply);
      return reply.code(204).send(undefined);
    },
  );
}

const meOf = (account: AccountRow, memberships: RolesByOrganiser) => ({
  accountId: uuidText(account.account_id),
  ...(account.email !== null && { email: account.email }),
  name: account.name,
  hasPassword: account.password_hash !== null,
  createdOn: account.created_on.toISOString(),
  roles: memberships,
});
