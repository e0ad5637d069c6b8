import type { FastifyReply, FastifyRequest } from 'fastify';
import { sendProblem } from '../../shared/http/problems.ts';
import { may, type Operation } from '../../shared/identity/permissions.ts';
import type { Principal } from '../../shared/identity/principal.ts';
import type { Database } from '../../shared/stores/database.ts';
import { inTransaction } from '../../shared/stores/transaction.ts';
import type { AccountsContext } from '../context.ts';
import { readRoles } from '../organisers/members.ts';
import { findOrganiser, lockOrganiser, type Organiser } from '../organisers/organisers.ts';

type Access = { context: AccountsContext; operation: Operation; organiserId: string };

/**
 * The organiser that a request reads from. If the principal may not do the operation there, replies as if the organiser did not exist, and
 * returns undefined: nobody learns which organisers there are. A member's session and roles are read again: with a token that outlived
 * them, a removed admin could come back for good.
 */
export async function requireOrganiser(
  request: FastifyRequest,
  reply: FastifyReply,
  { context, operation, organiserId }: Access,
): Promise<Organiser | undefined> {
  const { db } = context;
  const isAllowed = may(await asOfNow(db, request.principal, context), operation, organiserId);
  const organiser = isAllowed ? await findOrganiser(db, organiserId) : undefined;
  if (!organiser) sendProblem(reply, 'ORGANISER_NOT_FOUND');
  return organiser;
}

/**
 * Changes something of an organiser in a transaction that locks it, so that the principal still may when the change happens: who is removed at the
 * same time is either removed after it or cannot do it. Returns what `change` returns; undefined if there is no such organiser for the principal,
 * as in requireOrganiser, and then it has replied.
 */
export async function changeOrganiser<T extends string | object>(
  request: FastifyRequest,
  reply: FastifyReply,
  { context, operation, organiserId }: Access,
  change: (trx: Database, organiser: Organiser) => Promise<T>,
): Promise<T | undefined> {
  const changed = await inTransaction(context.db, async (trx) => {
    const organiser = await lockOrganiser(trx, organiserId);
    // The first read without a lock: it sees what is true now that the organiser is locked.
    const isAllowed = may(await asOfNow(trx, request.principal, context), operation, organiserId);
    return organiser && isAllowed ? await change(trx, organiser) : undefined;
  });
  if (changed === undefined) sendProblem(reply, 'ORGANISER_NOT_FOUND');
  return changed;
}

async function asOfNow(db: Database, principal: Principal, { sessions }: AccountsContext): Promise<Principal> {
  if (principal.kind !== 'account') return principal;
  const isLive = (await sessions.beganOn(db, principal)) !== undefined;
  return { ...principal, roles: isLive ? await readRoles(db, principal.accountId) : {} };
}
