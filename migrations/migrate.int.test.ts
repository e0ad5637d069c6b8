import { type Kysely, sql } from 'kysely';
import { expect, it } from 'vitest';
import { db, unique, urls } from '../scripts/testing/stores.ts';
import { connectDatabase } from '../services/shared/stores/database.ts';
import { dumpSchema } from './dump-schema.ts';
import { migrateToLatest, migrations } from './migrate.ts';

it('produces the schema committed in schema.sql (to change it: npm run schema)', async () => {
  await expect(await dumpSchema(db)).toMatchFileSnapshot('schema.sql');
});

it('does nothing to a database that is up to date, even if several processes migrate it together', async () => {
  expect(await Promise.all([migrateToLatest(db), migrateToLatest(db), migrateToLatest(db)])).toEqual([[], [], []]);
});

it('0003 keeps what was applied before: purchases with and without a buyer, cancellations with and without their purchase', async () => {
  await using resources = new AsyncDisposableStack();
  const scratch = await createScratch(resources);
  // It does not yet have the schema that the type Database describes.
  const old = scratch as unknown as Kysely<unknown>;
  await migrations['0001-tickets'].up(old);
  await migrations['0002-buyers-and-cancellations'].up(old);
  const [anonymous, anns, unheardOf] = [1, 2, 3].map((n) => Buffer.alloc(16, n));
  await sql`insert into orders (order_id, event_id, buyer_id, sequence, created_on) values
    (${anonymous}, 'Event1', null, 1, now()), (${anns}, 'Event1', 'Ann', 2, now())`.execute(old);
  await sql`insert into applied_sequences (event_id, sequence, order_id) values
    ('Event1', 1, ${anonymous}), ('Event1', 2, ${anns}), ('Event1', 3, ${anns}), ('Event1', 4, ${unheardOf})`.execute(old);
  await migrations['0003-order-events'].up(old);
  expect(await scratch.selectFrom('order_events').selectAll().orderBy('sequence').execute()).toEqual([
    { event_id: 'Event1', sequence: 1, order_id: anonymous, buyer_id: null },
    { event_id: 'Event1', sequence: 2, order_id: anns, buyer_id: 'Ann' },
    { event_id: 'Event1', sequence: 3, order_id: anns, buyer_id: 'Ann' },
    { event_id: 'Event1', sequence: 4, order_id: unheardOf, buyer_id: null },
  ]);
  await migrations['0004-whole-catalogue'].up(old);
  await migrations['0005-conflict-notices'].up(old);
  await migrations['0006-applied-on'].up(old);
  await migrations['0007-verifications'].up(old);
  await migrations['0008-names-of-events'].up(old);
  await migrations['0009-tickets-by-time'].up(old);
  expect(await dumpSchema(scratch)).toBe(await dumpSchema(db));
});

it('0006 makes the server note when a domain event was applied, in UTC in any time zone, and leaves earlier ones NULL', async () => {
  await using resources = new AsyncDisposableStack();
  const scratch = await createScratch(resources);
  const old = scratch as unknown as Kysely<unknown>;
  const names = Object.keys(migrations) as (keyof typeof migrations)[];
  for (const name of names.slice(0, names.indexOf('0006-applied-on'))) await migrations[name].up(old);
  const insert = (sequence: number) =>
    sql`insert into order_events (event_id, sequence, order_id) values ('Event1', ${sequence}, ${Buffer.alloc(16, 1)})`.execute(
      old,
    );
  await insert(1);
  await migrations['0006-applied-on'].up(old);
  await sql`set time_zone = '+09:00'`.execute(old);
  const beforeMs = Date.now();
  await insert(2);
  const rows = await scratch.selectFrom('order_events').select(['sequence', 'applied_on']).orderBy('sequence').execute();
  expect(rows).toEqual([
    { sequence: 1, applied_on: null },
    { sequence: 2, applied_on: expect.any(Date) },
  ]);
  const appliedMs = rows[1]?.applied_on?.getTime() ?? 0;
  // The server's clock may differ from ours by a little.
  expect(Math.abs(appliedMs - beforeMs)).toBeLessThan(10_000);
});

it('0008 keeps the names of each event, and lets another event at the same venue have its own', async () => {
  await using resources = new AsyncDisposableStack();
  const scratch = await createScratch(resources);
  const old = scratch as unknown as Kysely<unknown>;
  const names = Object.keys(migrations) as (keyof typeof migrations)[];
  for (const name of names.slice(0, names.indexOf('0008-names-of-events'))) await migrations[name].up(old);
  await sql`insert into venues (venue_id, name) values ('Hall', 'The hall'), ('Other', 'Elsewhere')`.execute(old);
  await sql`insert into zones (venue_id, zone_id, name) values ('Hall', 1, 'Stalls'), ('Hall', 2, 'Gallery'), ('Other', 1, 'Field')`.execute(
    old,
  );
  await sql`insert into events (event_id, venue_id, name, currency, on_sale_at) values
    ('A', 'Hall', 'A', 'USD', now()), ('B', 'Hall', 'B', 'USD', now()), ('C', 'Other', 'C', 'USD', now())`.execute(old);
  await sql`insert into event_zones (event_id, zone_id, capacity, price, currency) values
    ('A', 1, 1, 1, 'USD'), ('A', 2, 1, 1, 'USD'), ('B', 1, 1, 1, 'USD'), ('C', 1, 1, 1, 'USD')`.execute(old);
  await migrations['0008-names-of-events'].up(old);
  const rows = await scratch
    .selectFrom('events')
    .innerJoin('event_zones', 'event_zones.event_id', 'events.event_id')
    .select(['events.event_id', 'venue_name', 'zone_id', 'event_zones.name'])
    .orderBy('events.event_id')
    .orderBy('zone_id')
    .execute();
  expect(rows).toEqual([
    { event_id: 'A', venue_name: 'The hall', zone_id: 1, name: 'Stalls' },
    { event_id: 'A', venue_name: 'The hall', zone_id: 2, name: 'Gallery' },
    { event_id: 'B', venue_name: 'The hall', zone_id: 1, name: 'Stalls' },
    { event_id: 'C', venue_name: 'Elsewhere', zone_id: 1, name: 'Field' },
  ]);
});

/** An empty database for one test, on one connection. */
async function createScratch(resources: AsyncDisposableStack) {
  const name = unique('onsale');
  await sql`create database ${sql.id(name)}`.execute(db);
  resources.defer(async () => void (await sql`drop database ${sql.id(name)}`.execute(db)));
  const scratch = connectDatabase(new URL(`/${name}`, urls.databaseUrl).href, 1);
  resources.defer(() => scratch.destroy());
  return scratch;
}
