import { type Kysely, sql } from 'kysely';

/** Whether a table has a column: an interrupted migration goes on where it was. */
export async function hasColumn(db: Kysely<unknown>, table: string, column: string): Promise<boolean> {
  const { rows } = await sql`
    select 1 from information_schema.columns
    where table_schema = database() and table_name = ${table} and column_name = ${column}
  `.execute(db);
  return rows.length > 0;
}
