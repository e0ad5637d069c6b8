import './local/env-file.ts';
import { migrateToLatest } from '../migrations/migrate.ts';
import { withSystem } from './onsale/system.ts';
import { newCommand } from './terminal/command.ts';

newCommand(
  'migrate',
  'Migrates the database that DATABASE_URL names, or else that of "npm start", to the newest schema.',
).parse();

try {
  const taken = await withSystem(['db'], ({ db }) => migrateToLatest(db));
  console.log(taken.length > 0 ? `Migrated: ${taken.join(', ')}` : 'The schema is up to date');
} catch (error) {
  console.error((error as Error).message || error);
  process.exitCode = 1;
}
