import { sql } from 'kysely';
import { migrateToLatest } from '../../migrations/migrate.ts';
import { connectDatabase, type Database } from '../../services/shared/stores/database.ts';
import { db, unique, urls } from './stores.ts';

/** The URL of an empty database of the test's own; dropped with `resources`. */
export async function createScratchUrl(resources: AsyncDisposableStack): Promise<string> {
  const name = unique('onsale');
  await sql`create database ${sql.id(name)}`.execute(db);
  resources.defer(async () => void (await sql`drop database ${sql.id(name)}`.execute(db)));
  return new URL(`/${name}`, urls.databaseUrl).href;
}

/** An empty database of the test's own; dropped with `resources`. */
export async function createScratch(resources: AsyncDisposableStack, connections = 1): Promise<Database> {
  const scratch = connectDatabase(await createScratchUrl(resources), connections);
  resources.defer(() => scratch.destroy());
  return scratch;
}

/** The URLs of the tests' stores, but of a database of the test's own, with all tables. For a system whose mails no other may send. */
export async function createScratchUrls(resources: AsyncDisposableStack): Promise<typeof urls> {
  const databaseUrl = await createScratchUrl(resources);
  const scratch = connectDatabase(databaseUrl, 1);
  try {
    await migrateToLatest(scratch);
  } finally {
    await scratch.destroy();
  }
  return { ...urls, databaseUrl, databaseReaderUrl: databaseUrl };
}

/** A database of the test's own, with all tables. */
export async function createScratchWithTables(resources: AsyncDisposableStack, connections = 4): Promise<Database> {
  const scratch = await createScratch(resources, connections);
  await migrateToLatest(scratch);
  return scratch;
}
