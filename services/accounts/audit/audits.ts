import { sql } from 'kysely';
import { v7 as uuidv7 } from 'uuid';
import type { Database } from '../../shared/stores/database.ts';
import { uuidBytes, uuidText } from '../../shared/stores/uuid.ts';

/** Everything that an audit can be about. */
export const auditActions = [
  'account.created',
  'account.deleted',
  'account.renamed',
  'email.changed',
  'password.changed',
  'password.reset',
  'identity.linked',
  'identity.unlinked',
  'session.reused',
  'sessions.ended',
  'organiser.created',
  'organiser.changed',
  'member.added',
  'member.changed',
  'member.removed',
  'member.invited',
  'invitation.withdrawn',
  'key.created',
  'key.revoked',
] as const;
type AuditAction = (typeof auditActions)[number];

/** A change: who made it (`principalName`), at which organiser or to which account. `details` must not be personal: it is kept for good. */
export type Change = {
  principal: string;
  action: AuditAction;
  organiserId?: string;
  accountId?: string;
  details?: Record<string, unknown>;
};

export type Audit = {
  auditId: string;
  action: AuditAction;
  principal: string;
  accountId?: string;
  details: Record<string, unknown>;
  happenedOn: string;
};

/** Writes an audit. Call it in the transaction of the change. */
export async function recordAudit(trx: Database, change: Change, nowMs = Date.now()): Promise<void> {
  const { principal, action, organiserId, accountId, details = {} } = change;
  await trx
    .insertInto('account_audits')
    .values({
      audit_id: uuidBytes(uuidv7()),
      organiser_id: organiserId ?? null,
      account_id: accountId === undefined ? null : uuidBytes(accountId),
      principal,
      action,
      details: JSON.stringify(details),
      happened_on: new Date(nowMs),
    })
    .execute();
}

/** An organiser's audits, newest first: at most `limit`, from before the audit `before`. */
export async function listAudits(
  db: Database,
  { organiserId, before, limit }: { organiserId: string; before?: string | undefined; limit: number },
): Promise<Audit[]> {
  const rows = await db
    .selectFrom('account_audits')
    .selectAll()
    .where('organiser_id', '=', organiserId)
    .$if(before !== undefined, (query) => query.where('audit_id', '<', uuidBytes(before ?? '')))
    .orderBy(sql`audit_id desc`)
    .limit(limit)
    .execute();
  return rows.map((row) => ({
    auditId: uuidText(row.audit_id),
    action: row.action as AuditAction,
    principal: row.principal,
    ...(row.account_id && { accountId: uuidText(row.account_id) }),
    details: JSON.parse(row.details) as Record<string, unknown>,
    happenedOn: row.happened_on.toISOString(),
  }));
}
