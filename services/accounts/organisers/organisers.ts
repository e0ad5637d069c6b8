import type { Selectable } from 'kysely';
import { type PlanName, planNames } from '../../shared/identity/principal.ts';
import type { Database } from '../../shared/stores/database.ts';
import type { Schema } from '../../shared/stores/schema.ts';
import { recordAudit } from '../audit/audits.ts';

export type Organiser = { organiserId: string; name: string; plan: PlanName; createdOn: string };

export async function findOrganiser(db: Database, organiserId: string): Promise<Organiser | undefined> {
  const row = await db.selectFrom('organisers').selectAll().where('organiser_id', '=', organiserId).executeTakeFirst();
  return row && organiserOf(row);
}

/** Creates or changes an organiser. Returns it, and whether it is new. */
export async function putOrganiser(
  trx: Database,
  { organiserId, name, plan, principal }: { organiserId: string; name: string; plan: PlanName; principal: string },
  nowMs = Date.now(),
): Promise<{ organiser: Organiser; isNew: boolean }> {
  // Locked, so that of two who create it only one finds it new.
  const before = await lockOrganiser(trx, organiserId);
  await trx
    .insertInto('organisers')
    .values({ organiser_id: organiserId, name, plan, created_on: new Date(nowMs) })
    .onDuplicateKeyUpdate({ name, plan })
    .execute();
  const isNew = before === undefined;
  const hasChanged = isNew || before.name !== name || before.plan !== plan;
  const action = isNew ? 'organiser.created' : 'organiser.changed';
  if (hasChanged) await recordAudit(trx, { principal, action, organiserId, details: { name, plan } }, nowMs);
  return { organiser: { organiserId, name, plan, createdOn: before?.createdOn ?? new Date(nowMs).toISOString() }, isNew };
}

/** Locks an organiser until the transaction ends: changes to its members happen one after the other. */
export async function lockOrganiser(trx: Database, organiserId: string): Promise<Organiser | undefined> {
  const row = await trx
    .selectFrom('organisers')
    .selectAll()
    .where('organiser_id', '=', organiserId)
    .forUpdate()
    .executeTakeFirst();
  return row && organiserOf(row);
}

const organiserOf = (row: Selectable<Schema['organisers']>): Organiser => ({
  organiserId: row.organiser_id,
  name: row.name,
  plan: planNames.find((plan) => plan === row.plan) ?? 'standard',
  createdOn: row.created_on.toISOString(),
});
