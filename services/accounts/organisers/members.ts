import { roles as allRoles, type Role } from '../../shared/identity/principal.ts';
import type { Database } from '../../shared/stores/database.ts';
import { uuidBytes, uuidText } from '../../shared/stores/uuid.ts';
import { recordAudit } from '../audit/audits.ts';
import { lockOrganiser } from './organisers.ts';

/** Somebody's roles at each of their organisers, by organiser. */
export type RolesByOrganiser = Record<string, Role[]>;

export type Member = { accountId: string; email?: string; name: string; roles: Role[]; addedOn: string };

export type MemberChange = 'added' | 'changed' | 'same' | 'last-admin' | 'no-organiser';

/** An access token has room for this many (token-issuer.ts). */
const maxOrganisersInToken = 20;

/** Roles as they are stored: each once, in the order of the list of roles. */
export const rolesText = (roles: readonly Role[]): string => allRoles.filter((role) => roles.includes(role)).join(',');

export const parseRoles = (text: string): Role[] => allRoles.filter((role) => text.split(',').includes(role));

/** What an account may do, for its access token. */
export async function readRoles(db: Database, accountId: string): Promise<RolesByOrganiser> {
  const rows = await db
    .selectFrom('members')
    .select(['organiser_id', 'roles'])
    .where('account_id', '=', uuidBytes(accountId))
    .orderBy('added_on')
    .limit(maxOrganisersInToken)
    .execute();
  return Object.fromEntries(rows.map(({ organiser_id, roles }) => [organiser_id, parseRoles(roles)]));
}

/** An organiser's members, in the order in which they were added. */
export async function listMembers(db: Database, organiserId: string): Promise<Member[]> {
  const rows = await db
    .selectFrom('members')
    .innerJoin('accounts', 'accounts.account_id', 'members.account_id')
    .select(['members.account_id', 'members.roles', 'members.added_on', 'accounts.email', 'accounts.name'])
    .where('organiser_id', '=', organiserId)
    .orderBy('members.added_on')
    .orderBy('members.account_id')
    .execute();
  return rows.map((row) => ({
    accountId: uuidText(row.account_id),
    ...(row.email !== null && { email: row.email }),
    name: row.name,
    roles: parseRoles(row.roles),
    addedOn: row.added_on.toISOString(),
  }));
}

/** The id of a member's account, by its address; undefined if no member has it, whoever else has. */
export async function findMemberByEmail(
  db: Database,
  { organiserId, emailKey }: { organiserId: string; emailKey: string },
): Promise<string | undefined> {
  const row = await db
    .selectFrom('members')
    .innerJoin('accounts', 'accounts.account_id', 'members.account_id')
    .select('members.account_id')
    .where('members.organiser_id', '=', organiserId)
    .where('accounts.email_key', '=', emailKey)
    .executeTakeFirst();
  return row && uuidText(row.account_id);
}

export const isMember = async (db: Database, { organiserId, accountId }: Omit<Change, 'principal'>): Promise<boolean> =>
  (await findMember(db, organiserId, accountId)) !== undefined;

type Change = { organiserId: string; accountId: string; principal: string };

/** Gives somebody these roles, and takes others away. An organiser's last admin stays one. Call it in a transaction. */
export async function putMember(
  trx: Database,
  { organiserId, accountId, roles, principal }: Change & { roles: readonly Role[] },
  nowMs = Date.now(),
): Promise<MemberChange> {
  if (!(await lockOrganiser(trx, organiserId))) return 'no-organiser';
  const text = rolesText(roles);
  const before = await findMember(trx, organiserId, accountId);
  if (before === text) return 'same';
  if (before !== undefined && !roles.includes('admin') && (await isLastAdmin(trx, organiserId, accountId))) return 'last-admin';
  await trx
    .insertInto('members')
    .values({ organiser_id: organiserId, account_id: uuidBytes(accountId), roles: text, added_on: new Date(nowMs) })
    .onDuplicateKeyUpdate({ roles: text })
    .execute();
  const action = before === undefined ? 'member.added' : 'member.changed';
  const details = { roles: parseRoles(text), ...(before !== undefined && { before: parseRoles(before) }) };
  await recordAudit(trx, { principal, action, organiserId, accountId, details }, nowMs);
  const wasAdmin = before !== undefined && parseRoles(before).includes('admin');
  if (wasAdmin && !roles.includes('admin')) await withdrawInvitationsBy(trx, { organiserId, accountId, principal }, nowMs);
  return before === undefined ? 'added' : 'changed';
}

/** Takes all roles away. Call it in a transaction. */
export async function removeMember(
  trx: Database,
  { organiserId, accountId, principal }: Change,
  nowMs = Date.now(),
): Promise<'removed' | 'last-admin' | 'no-member'> {
  await lockOrganiser(trx, organiserId);
  const before = await findMember(trx, organiserId, accountId);
  if (before === undefined) return 'no-member';
  if (await isLastAdmin(trx, organiserId, accountId)) return 'last-admin';
  await trx
    .deleteFrom('members')
    .where('organiser_id', '=', organiserId)
    .where('account_id', '=', uuidBytes(accountId))
    .execute();
  const details = { before: parseRoles(before) };
  await recordAudit(trx, { principal, action: 'member.removed', organiserId, accountId, details }, nowMs);
  await withdrawInvitationsBy(trx, { organiserId, accountId, principal }, nowMs);
  return 'removed';
}

/** Withdraws what somebody who is no admin any more has invited others to: they could come back with an address of their own. */
async function withdrawInvitationsBy(trx: Database, { organiserId, accountId, principal }: Change, nowMs: number): Promise<void> {
  const invitedBy = `account:${accountId}`;
  const { numDeletedRows } = await trx
    .deleteFrom('invitations')
    .where('organiser_id', '=', organiserId)
    .where('invited_by', '=', invitedBy)
    .executeTakeFirst();
  if (numDeletedRows === 0n) return;
  const details = { invitedBy, withdrawn: Number(numDeletedRows) };
  await recordAudit(trx, { principal, action: 'invitation.withdrawn', organiserId, details }, nowMs);
}

/** Removes an account from every organiser. Returns an organiser whose last admin it is, if there is one; then roll back. */
export async function leaveAllOrganisers(
  trx: Database,
  { accountId, principal }: { accountId: string; principal: string },
  nowMs = Date.now(),
): Promise<string | undefined> {
  const rows = await trx
    .selectFrom('members')
    .select('organiser_id')
    .where('account_id', '=', uuidBytes(accountId))
    // Everybody locks organisers in the same order.
    .orderBy('organiser_id')
    .execute();
  for (const { organiser_id: organiserId } of rows) {
    if ((await removeMember(trx, { organiserId, accountId, principal }, nowMs)) === 'last-admin') return organiserId;
  }
  return undefined;
}

async function findMember(trx: Database, organiserId: string, accountId: string): Promise<string | undefined> {
  const row = await trx
    .selectFrom('members')
    .select('roles')
    .where('organiser_id', '=', organiserId)
    .where('account_id', '=', uuidBytes(accountId))
    .forUpdate()
    .executeTakeFirst();
  return row?.roles;
}

async function isLastAdmin(trx: Database, organiserId: string, accountId: string): Promise<boolean> {
  // A locking read: it sees what others have committed since this transaction began.
  const rows = await trx
    .selectFrom('members')
    .select(['account_id', 'roles'])
    .where('organiser_id', '=', organiserId)
    .forUpdate()
    .execute();
  const admins = rows.filter(({ roles }) => parseRoles(roles).includes('admin')).map(({ account_id }) => uuidText(account_id));
  return admins.length === 1 && admins[0] === accountId;
}
