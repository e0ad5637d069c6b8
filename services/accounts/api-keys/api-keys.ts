import { hash, randomBytes } from 'node:crypto';
import { type ExpressionBuilder, type Selectable, sql } from 'kysely';
import { scopes as allScopes, type PlanName, planNames, type Scope } from '../../shared/identity/principal.ts';
import type { Database } from '../../shared/stores/database.ts';
import type { Schema } from '../../shared/stores/schema.ts';
import { recordAudit } from '../audit/audits.ts';

/** A key as its organiser sees it; its secret is shown only once, when it is created. */
export type ApiKeyEntry = {
  keyId: string;
  name: string;
  scopes: Scope[];
  plan: PlanName;
  createdBy: string;
  createdOn: string;
  expiresOn?: string;
  revokedOn?: string;
  lastUsedOn?: string;
};

/** A live key as services know it (the key directory). `digest`: the SHA-256 of its secret, in hex. */
export type DirectoryKey = {
  keyId: string;
  digest: string;
  organiserId: string;
  scopes: Scope[];
  plan: PlanName;
  expiresOn?: string;
};

/** Creates a key. Returns it with its text, which is stored nowhere. */
export async function createApiKey(
  trx: Database,
  given: { organiserId: string; name: string; scopes: readonly Scope[]; plan: PlanName; expiresOn?: Date; principal: string },
  nowMs = Date.now(),
): Promise<{ key: string; entry: ApiKeyEntry }> {
  const { organiserId, name, plan, expiresOn, principal } = given;
  const keyId = randomBytes(12).toString('base64url');
  const secret = randomBytes(32).toString('base64url');
  const scopes = allScopes.filter((scope) => given.scopes.includes(scope));
  const row = {
    key_id: keyId,
    organiser_id: organiserId,
    name,
    digest: hash('sha256', secret, 'buffer'),
    scopes: scopes.join(','),
    plan,
    created_by: principal,
    created_on: new Date(nowMs),
    expires_on: expiresOn ?? null,
    revoked_on: null,
    last_used_on: null,
  };
  await trx.insertInto('api_keys').values(row).execute();
  await recordAudit(trx, { principal, action: 'key.created', organiserId, details: { keyId, scopes, plan } }, nowMs);
  return { key: `onsale_${keyId}.${secret}`, entry: entryOf(row) };
}

/** An organiser's live keys, all of them, and then others, for a record; newest first. */
export async function listApiKeys(db: Database, organiserId: string, nowMs = Date.now()): Promise<ApiKeyEntry[]> {
  const rows = await keyRows(db)
    .where('api_keys.organiser_id', '=', organiserId)
    .orderBy((of) => sql`${isLive(nowMs)(of)} desc`)
    .orderBy(sql`api_keys.created_on desc`)
    .orderBy('key_id')
    .limit(1_000)
    .execute();
  return rows.map((row) => entryOf({ ...row, plan: lesserPlan(planOf(row.plan), planOf(row.most_plan)) }));
}

/** Keys, with the plan of their organiser: it may be less than theirs by now. */
const keyRows = (db: Database) =>
  db
    .selectFrom('api_keys')
    .innerJoin('organisers', 'organisers.organiser_id', 'api_keys.organiser_id')
    .selectAll('api_keys')
    .select('organisers.plan as most_plan');

/** How many of an organiser's keys are neither revoked nor expired. */
export async function countLiveKeys(db: Database, organiserId: string, nowMs = Date.now()): Promise<number> {
  const { count } = await db
    .selectFrom('api_keys')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where('organiser_id', '=', organiserId)
    .where(isLive(nowMs))
    .executeTakeFirstOrThrow();
  return Number(count);
}

/** Revokes a key; services stop accepting it when they next read the directory. Returns whether the organiser has such a key. */
export async function revokeApiKey(
  trx: Database,
  { organiserId, keyId, principal }: { organiserId: string; keyId: string; principal: string },
  nowMs = Date.now(),
): Promise<boolean> {
  const row = await trx
    .selectFrom('api_keys')
    .select('revoked_on')
    .where('organiser_id', '=', organiserId)
    .where('key_id', '=', keyId)
    .forUpdate()
    .executeTakeFirst();
  if (!row) return false;
  if (row.revoked_on) return true;
  await trx
    .updateTable('api_keys')
    .set({ revoked_on: new Date(nowMs) })
    .where('key_id', '=', keyId)
    .execute();
  await recordAudit(trx, { principal, action: 'key.revoked', organiserId, details: { keyId } }, nowMs);
  return true;
}

/** All keys that are neither revoked nor expired. */
export async function readDirectory(db: Database, nowMs = Date.now()): Promise<DirectoryKey[]> {
  const rows = await keyRows(db).where(isLive(nowMs)).orderBy('key_id').execute();
  return rows.map((row) => ({
    keyId: row.key_id,
    digest: row.digest.toString('hex'),
    organiserId: row.organiser_id,
    scopes: scopesOf(row.scopes),
    plan: lesserPlan(planOf(row.plan), planOf(row.most_plan)),
    ...(row.expires_on && { expiresOn: row.expires_on.toISOString() }),
  }));
}

/** Notes when keys were last used, in one statement. Unknown keys are ignored; a time in the future counts as now. */
export async function noteUses(db: Database, uses: Record<string, string>, nowMs = Date.now()): Promise<void> {
  const entries = Object.entries(uses);
  if (entries.length === 0) return;
  const times = entries.map(([keyId, iso]) => sql`when ${keyId} then ${new Date(Math.min(Date.parse(iso), nowMs))}`);
  await db
    .updateTable('api_keys')
    .set({ last_used_on: sql`greatest(coalesce(last_used_on, created_on), case key_id ${sql.join(times, sql` `)} end)` })
    .where(
      'key_id',
      'in',
      entries.map(([keyId]) => keyId),
    )
    .execute();
}

function entryOf(row: Selectable<Schema['api_keys']>): ApiKeyEntry {
  const { expires_on, revoked_on, last_used_on } = row;
  return {
    keyId: row.key_id,
    name: row.name,
    scopes: scopesOf(row.scopes),
    plan: planOf(row.plan),
    createdBy: row.created_by,
    createdOn: row.created_on.toISOString(),
    ...(expires_on && { expiresOn: expires_on.toISOString() }),
    ...(revoked_on && { revokedOn: revoked_on.toISOString() }),
    ...(last_used_on && { lastUsedOn: last_used_on.toISOString() }),
  };
}

const isLive =
  (nowMs: number) =>
  ({ eb, and, or }: ExpressionBuilder<Schema, 'api_keys'>) =>
    and([eb('revoked_on', 'is', null), or([eb('expires_on', 'is', null), eb('expires_on', '>', new Date(nowMs))])]);

const scopesOf = (text: string): Scope[] => allScopes.filter((scope) => text.split(',').includes(scope));
const planOf = (text: string): PlanName => planNames.find((plan) => plan === text) ?? 'standard';
const lesserPlan = (one: PlanName, other: PlanName): PlanName =>
  planNames.indexOf(one) < planNames.indexOf(other) ? one : other;
