import { type Kysely, sql } from 'kysely';
import { VersionConflict } from '../../shared/inventory/event-state.ts';
import { recordChange } from '../../shared/inventory/record-change.ts';
import type { Database } from '../../shared/stores/database.ts';
import type { Schema } from '../../shared/stores/schema.ts';
import type { Manner } from './put-event.ts';

/** What an organiser keeps beside events: rows with a version, whose ids each organiser gives for itself. `listed`: what lists show. */
const tables = {
  venue: { table: 'venues', id: 'venue_id', listed: ['name', 'time_zone'] },
  hall: { table: 'halls', id: 'hall_id', listed: ['name', 'venue_id'] },
} as const;

export type RecordKey = { subject: keyof typeof tables; organiserId: string; id: string };

/** A record's columns, apart from its key and its version. */
export type Fields = Record<string, string | null>;

export type KeptRecord = { id: string; version: number; fields: Fields };

/** A record with all its columns, or undefined if its organiser has none of this id. */
export async function readRecord(db: Kysely<Schema>, { subject, organiserId, id }: RecordKey): Promise<KeptRecord | undefined> {
  const { table, id: idColumn } = tables[subject];
  const { rows } = await sql<Fields & { version: number }>`
    select * from ${sql.table(table)} where organiser_id = ${organiserId} and ${sql.ref(idColumn)} = ${id}
  `.execute(db);
  const [row] = rows;
  if (!row) return undefined;
  const { version, organiser_id: _organiserId, [idColumn]: _id, ...fields } = row;
  return { id, version, fields: fields as Fields };
}

/** Up to `limit` of an organiser's records by id, after an id, with the columns that lists show. */
export async function listRecords(
  db: Database,
  { subject, organiserId }: Omit<RecordKey, 'id'>,
  { after, limit }: { after: string; limit: number },
): Promise<KeptRecord[]> {
  const { table, id: idColumn, listed } = tables[subject];
  const { rows } = await sql<Fields & { id: string; version: number }>`
    select ${sql.ref(idColumn)} as id, version, ${sql.join(listed.map((name) => sql.ref(name)))} from ${sql.table(table)}
    where organiser_id = ${organiserId} and ${sql.ref(idColumn)} > ${after} order by ${sql.ref(idColumn)} limit ${limit}
  `.execute(db);
  return rows.map(({ id, version, ...fields }) => ({ id, version, fields: fields as Fields }));
}

/**
 * Writes a record, with a line in the audit log if that changes it. Throws a VersionConflict, and then changes nothing, if it has another
 * version than expected (0: none yet; undefined: any).
 */
export async function writeRecord(
  db: Database,
  { subject, organiserId, id }: RecordKey,
  fields: Fields,
  { principal, expected }: Manner,
): Promise<{ kind: 'created' | 'changed' | 'unchanged'; version: number }> {
  const { table, id: idColumn } = tables[subject];
  const [to, key] = [sql.table(table), sql`organiser_id = ${organiserId} and ${sql.ref(idColumn)} = ${id}`];
  const names = Object.keys(fields);
  return await db
    .transaction()
    .setIsolationLevel('read committed')
    .execute(async (trx) => {
      // Creates the row, or locks it.
      await sql`
        insert into ${to} (organiser_id, ${sql.ref(idColumn)}, version, ${sql.join(names.map((name) => sql.ref(name)))})
        values (${organiserId}, ${id}, 0, ${sql.join(Object.values(fields))})
        on duplicate key update organiser_id = values(organiser_id)
      `.execute(trx);
      const { rows } = await sql<Fields & { version: number }>`select * from ${to} where ${key} for update`.execute(trx);
      const { version = 0, ...known } = rows[0] ?? {};
      if (expected !== undefined && version !== expected) throw new VersionConflict(id);
      const differing = names.filter((name) => (known as Fields)[name] !== fields[name]);
      if (version > 0 && differing.length === 0) return { kind: 'unchanged', version };
      const settings = sql.join(names.map((name) => sql`${sql.ref(name)} = ${fields[name]}`));
      await sql`update ${to} set version = version + 1, ${settings} where ${key}`.execute(trx);
      const kind = version === 0 ? 'created' : 'changed';
      const change = kind === 'created' ? { principal, action: 'create' } : { principal, action: 'change', changes: differing };
      await recordChange(trx, { subject, subjectId: id, organiserId }, change);
      return { kind, version: version + 1 };
    });
}

/** Deletes a record, with a line in the audit log. Throws a VersionConflict as writeRecord does; one that is gone already counts as such. */
export async function deleteRecord(
  db: Database,
  { subject, organiserId, id }: RecordKey,
  { principal, expected }: Manner,
): Promise<void> {
  const { table, id: idColumn } = tables[subject];
  const [of, key] = [sql.table(table), sql`organiser_id = ${organiserId} and ${sql.ref(idColumn)} = ${id}`];
  await db.transaction().execute(async (trx) => {
    const { rows } = await sql<{ version: number }>`select version from ${of} where ${key} for update`.execute(trx);
    const [known] = rows;
    if (!known || (expected !== undefined && known.version !== expected)) throw new VersionConflict(id);
    await sql`delete from ${of} where ${key}`.execute(trx);
    await recordChange(trx, { subject, subjectId: id, organiserId }, { principal, action: 'delete' });
  });
}
