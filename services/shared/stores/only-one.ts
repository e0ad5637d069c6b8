import { sql } from 'kysely';
import type { Database } from './database.ts';

/**
 * Does work that only one process of an installation does at a time, on a connection of its own, whose end releases it. Returns undefined,
 * and does nothing, while another process does it.
 */
export const onlyOne = <Result>(db: Database, name: string, work: (connection: Database) => Promise<Result>) =>
  db.connection().execute(async (connection): Promise<Result | undefined> => {
    // A server shares its locks among databases.
    const lock = sql`concat(${name}, ' of ', database())`;
    const { rows } = await sql<{ taken: number }>`select get_lock(${lock}, 0) as taken`.execute(connection);
    if (rows[0]?.taken !== 1) return undefined;
    try {
      return await work(connection);
    } finally {
      await sql`do release_lock(${lock})`.execute(connection);
    }
  });
