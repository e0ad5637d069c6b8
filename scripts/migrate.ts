import './local/env-file.ts';
import { migrateToLatest } from '../migrations/migrate.ts';
import { connectDatabase } from '../services/shared/database.ts';
import { defaultPorts } from './local/ports.ts';
import { storeUrls } from './local/stores.ts';

const db = connectDatabase(storeUrls(defaultPorts).databaseUrl, 1);
try {
  const taken = await migrateToLatest(db);
  console.log(taken.length > 0 ? `Migrated: ${taken.join(', ')}` : 'The schema is up to date');
} catch (error) {
  console.error(error);
  process.exitCode = 1;
} finally {
  await db.destroy();
}
