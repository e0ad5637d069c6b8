import { type Kysely, sql } from 'kysely';

type Column = { table: string; name: string; type: string; nullable: string; expression: string | null };
type Key = { table: string; name: string; isUnique: number; columns: string };
type ForeignKey = { table: string; name: string; columns: string; target: string; targetColumns: string };

/**
 * The schema of a database as SQL text, the same for MySQL and MariaDB: tables by name, columns in their order, keys by name, then the
 * foreign keys. The migrator's own tables are left out.
 */
export async function dumpSchema<Schema>(db: Kysely<Schema>): Promise<string> {
  const { rows: tables } = await sql<{ table: string; collation: string }>`
    select table_name as \`table\`, table_collation as collation
    from information_schema.tables
    where table_schema = database()
  `.execute(db);
  const { rows: columns } = await sql<Column>`
    select table_name as \`table\`, column_name as name, column_type as type, is_nullable as nullable,
      generation_expression as expression
    from information_schema.columns
    where table_schema = database()
    order by table_name, ordinal_position
  `.execute(db);
  const { rows: keys } = await sql<Key>`
    select table_name as \`table\`, index_name as name, min(1 - non_unique) as isUnique,
      group_concat(column_name order by seq_in_index separator ', ') as columns
    from information_schema.statistics
    where table_schema = database()
    group by table_name, index_name
    order by index_name
  `.execute(db);
  const { rows: foreignKeys } = await sql<ForeignKey>`
    select table_name as \`table\`, constraint_name as name,
      group_concat(column_name order by ordinal_position separator ', ') as columns,
      min(referenced_table_name) as target,
      group_concat(referenced_column_name order by ordinal_position separator ', ') as targetColumns
    from information_schema.key_column_usage
    where table_schema = database() and referenced_table_name is not null
    group by table_name, constraint_name
  `.execute(db);

  const of = <Row extends { table: string }>(rows: Row[], table: string) => rows.filter((row) => row.table === table);
  const creates = tables
    .filter(({ table }) => !table.startsWith('kysely_'))
    .toSorted((a, b) => (a.table < b.table ? -1 : 1))
    .map(({ table, collation }) => {
      const lines = [
        ...of(columns, table).map(columnLine),
        // If a foreign key needs an index, the server creates one. MySQL and MariaDB name it differently, so it is left out.
        ...of(keys, table)
          .filter(({ name }) => !of(foreignKeys, table).some((foreign) => foreign.name === name))
          .map(keyLine),
      ];
      return `create table ${table} (\n${lines.map((line) => `  ${line}`).join(',\n')}\n) collate ${collation};\n`;
    });
  const alters = foreignKeys
    .map(
      ({ table, name, columns: own, target, targetColumns }) =>
        `alter table ${table} add constraint ${name} foreign key (${own}) references ${target} (${targetColumns});\n`,
    )
    .toSorted();
  return [...creates, alters.join('')].join('\n');
}

function columnLine({ name, type, nullable, expression }: Column): string {
  // MariaDB still reports a width for integers.
  const plainType = type.replace(/^(\w*int)\(\d+\)/, '$1');
  if (expression) return `${name} ${plainType} generated always as (${plainExpression(expression)})`;
  return `${name} ${plainType}${nullable === 'NO' ? ' not null' : ''}`;
}

/** Removes the character sets, escapes and brackets that MySQL adds to an expression and MariaDB does not. */
function plainExpression(expression: string): string {
  const comparisons = /(?<!\w)\((\w+ = '[^']*')\)/g;
  return expression
    .replace(/_utf8mb4|[\\`]/g, '')
    .replace(comparisons, '$1')
    .replace(/\(([^()]*)\),/g, '$1,');
}

function keyLine({ name, isUnique, columns }: Key): string {
  if (name === 'PRIMARY') return `primary key (${columns})`;
  return `${Number(isUnique) === 1 ? 'unique ' : ''}key ${name} (${columns})`;
}
