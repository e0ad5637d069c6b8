import './local/env-file.ts';
import { migrateToLatest } from '../migrations/migrate.ts';
import { connectDatabase, isDatabaseAway } from '../services/shared/database.ts';
import { defaultPorts } from './local/ports.ts';
import { storeUrls } from './local/stores.ts';
import { newCommand } from './terminal/command.ts';

newCommand(
  'migrate',
  'Migrates the database to the newest schema: the one that DATABASE_URL names, or that of "npm start".',
).parse();

const { databaseUrl } = storeUrls(defaultPorts);
const db = connectDatabase(databaseUrl, 1);
try {
  const taken = await migrateToLatest(db);
  console.log(taken.length > 0 ? `Migrated: ${taken.join(', ')}` : 'The schema is up to date');
} catch (error) {
  const { message, code } = error as Error & { code?: string };
  if (isDatabaseAway(error))
    console.error(`MySQL at ${new URL(databaseUrl).host} cannot be reached (${code || message}). Does "npm start" run?`);
  else console.error(error);
  process.exitCode = 1;
} finally {
  await db.destroy();
}
