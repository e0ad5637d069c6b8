import { expect, it } from 'vitest';
import { db } from '../scripts/testing/stores.ts';
import { dumpSchema } from './dump-schema.ts';
import { migrateToLatest } from './migrate.ts';

it('gives the schema that is committed as schema.sql (where it should change: npm run schema)', async () => {
  await expect(await dumpSchema(db)).toMatchFileSnapshot('schema.sql');
});

it('does nothing to a database that is up to date, also when several places migrate at once', async () => {
  expect(await Promise.all([migrateToLatest(db), migrateToLatest(db), migrateToLatest(db)])).toEqual([[], [], []]);
});
