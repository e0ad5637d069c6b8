import type { Database } from '../../shared/stores/database.ts';

/** A line of the audit log. `changedOn`: RFC 3339, UTC. */
export type AuditLine = { auditId: number; changedOn: string; principal: string; action: string; changes: string[] };

/** Up to `limit` lines about an event, the newest first; before a line, or from the last one. */
export async function readAudit(
  db: Database,
  eventId: string,
  { before, limit }: { before: number | undefined; limit: number },
): Promise<AuditLine[]> {
  const rows = await db
    .selectFrom('catalogue_audit')
    .select(['audit_id', 'changed_on', 'principal', 'action', 'changes'])
    .where('subject', '=', 'event')
    .where('subject_id', '=', eventId)
    .$if(before !== undefined, (all) => all.where('audit_id', '<', before ?? 0))
    .orderBy('audit_id', 'desc')
    .limit(limit)
    .execute();
  return rows.map(({ audit_id, changed_on, changes, ...line }) => ({
    auditId: audit_id,
    changedOn: changed_on.toISOString(),
    ...line,
    changes: JSON.parse(changes) as string[],
  }));
}
