import type { Role } from '../../shared/identity/principal.ts';
import type { Database } from '../../shared/stores/database.ts';
import { accountOfProvenEmail } from '../accounts/accounts.ts';
import { recordAudit } from '../audit/audits.ts';
import { digestOf, newToken } from '../one-time/one-time-tokens.ts';
import { isMember, parseRoles, putMember, rolesText } from './members.ts';
import { lockOrganiser } from './organisers.ts';

const lifeMs = 14 * 86_400_000;
/** Each is a mail to somebody who has not asked for it. */
export const mostInvitations = 100;

export type Invitation = { email: string; roles: Role[]; invitedOn: string; expiresOn: string };

/**
 * Invites an address, or changes what it was invited to: then only the newest link works. Nothing here depends on whether the address has an
 * account. Returns undefined if the organiser, which must be locked, has too many invitations.
 */
export async function putInvitation(
  trx: Database,
  given: { organiserId: string; email: string; emailKey: string; roles: readonly Role[]; principal: string },
  nowMs = Date.now(),
): Promise<{ invitation: Invitation; token: string } | undefined> {
  const { organiserId, email, emailKey, roles, principal } = given;
  const others = await trx
    .selectFrom('invitations')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where('organiser_id', '=', organiserId)
    .where('email_key', '!=', emailKey)
    .where('expires_on', '>', new Date(nowMs))
    .executeTakeFirstOrThrow();
  if (Number(others.count) >= mostInvitations) return undefined;
  const { token, digest } = newToken();
  const row = {
    email,
    roles: rolesText(roles),
    invited_by: principal,
    invited_on: new Date(nowMs),
    expires_on: new Date(nowMs + lifeMs),
    token_digest: digest,
  };
  await trx
    .insertInto('invitations')
    .values({ organiser_id: organiserId, email_key: emailKey, ...row })
    .onDuplicateKeyUpdate(row)
    .execute();
  await recordAudit(trx, { principal, action: 'member.invited', organiserId, details: { roles: parseRoles(row.roles) } }, nowMs);
  return { invitation: invitationOf(row), token };
}

/** An organiser's invitations that can still be accepted. */
export async function listInvitations(db: Database, organiserId: string, nowMs = Date.now()): Promise<Invitation[]> {
  const rows = await db
    .selectFrom('invitations')
    .selectAll()
    .where('organiser_id', '=', organiserId)
    .where('expires_on', '>', new Date(nowMs))
    .orderBy('invited_on')
    .orderBy('email_key')
    .execute();
  return rows.map(invitationOf);
}

/** Withdraws an invitation. Returns whether there was one. */
export async function withdrawInvitation(
  trx: Database,
  { organiserId, emailKey, principal }: { organiserId: string; emailKey: string; principal: string },
  nowMs = Date.now(),
): Promise<boolean> {
  const { numDeletedRows } = await trx
    .deleteFrom('invitations')
    .where('organiser_id', '=', organiserId)
    .where('email_key', '=', emailKey)
    .executeTakeFirst();
  if (numDeletedRows === 0n) return false;
  await recordAudit(trx, { principal, action: 'invitation.withdrawn', organiserId }, nowMs);
  return true;
}

/** Thrown by acceptInvitation to roll back: the invitation was withdrawn, changed or accepted meanwhile. */
export const invitationGone = new Error('The invitation is gone');

/**
 * Makes the owner of an invited address, who has proved to be so with the token from the mail, a member; creates an account without a password if
 * they have none. Somebody who is a member already keeps their roles. The audit names who invited them. Throws invitationGone if the token is
 * not, or not any more, that of an invitation.
 */
export async function acceptInvitation(trx: Database, token: string, nowMs = Date.now()): Promise<void> {
  const digest = digestOf(token);
  const found = await trx
    .selectFrom('invitations')
    .selectAll()
    .where('token_digest', '=', digest)
    .where('expires_on', '>', new Date(nowMs))
    .executeTakeFirst();
  if (!found) throw invitationGone;
  const { organiser_id: organiserId, roles, invited_by: principal } = found;
  const accountId = await accountOfProvenEmail(trx, found.email, nowMs);
  await lockOrganiser(trx, organiserId);
  const { numDeletedRows } = await trx.deleteFrom('invitations').where('token_digest', '=', digest).executeTakeFirst();
  if (numDeletedRows === 0n) throw invitationGone;
  if (await isMember(trx, { organiserId, accountId })) return;
  await putMember(trx, { organiserId, accountId, roles: parseRoles(roles), principal }, nowMs);
}

const invitationOf = (row: { email: string; roles: string; invited_on: Date; expires_on: Date }): Invitation => ({
  email: row.email,
  roles: parseRoles(row.roles),
  invitedOn: row.invited_on.toISOString(),
  expiresOn: row.expires_on.toISOString(),
});
