import { type Kysely, sql } from 'kysely';
import { describe, expect, it } from 'vitest';
import { createScratch } from '../scripts/testing/scratch-database.ts';
import { db } from '../scripts/testing/stores.ts';
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
  for (const name of namesAfter('0003-order-events')) await migrations[name].up(old);
  expect(await dumpSchema(scratch)).toBe(await dumpSchema(db));
});

it('0006 makes the server note when a domain event was applied, in UTC in any time zone, and leaves earlier ones NULL', async () => {
  await using resources = new AsyncDisposableStack();
  const scratch = await createScratch(resources);
  const old = scratch as unknown as Kysely<unknown>;
  for (const name of namesUpTo('0006-applied-on')) await migrations[name].up(old);
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
  // Not by the zone's nine hours. The server's clock may differ from ours, and the machine be busy.
  expect(Math.abs(appliedMs - beforeMs)).toBeLessThan(3_600_000);
});

it('0008 keeps the names of each event, and lets another event at the same venue have its own', async () => {
  await using resources = new AsyncDisposableStack();
  const scratch = await createScratch(resources);
  const old = scratch as unknown as Kysely<unknown>;
  for (const name of namesUpTo('0008-names-of-events')) await migrations[name].up(old);
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

it('0010 publishes the events that there are, keeps their prices, and goes on where it was interrupted', async () => {
  await using resources = new AsyncDisposableStack();
  const scratch = await createScratch(resources);
  const old = scratch as unknown as Kysely<unknown>;
  for (const name of namesUpTo('0010-halls-and-offers')) await migrations[name].up(old);
  await sql`insert into events (event_id, venue_id, name, currency, on_sale_at) values ('A', 'Hall', 'A', 'USD', now())`.execute(
    old,
  );
  await sql`insert into event_zones (event_id, zone_id, capacity, price, currency) values ('A', 1, 5, 9.5, 'USD')`.execute(old);
  await migrations['0010-halls-and-offers'].up(old);
  await sql`alter table event_zones drop column hall, drop column blocked, drop column categories`.execute(old);
  await migrations['0010-halls-and-offers'].up(old);
  const events = await scratch.selectFrom('events').select(['state', 'off_sale_at', 'offer']).execute();
  expect(events).toEqual([{ state: 'published', off_sale_at: null, offer: null }]);
  const zones = await scratch.selectFrom('event_zones').select(['price', 'hall', 'blocked', 'categories']).execute();
  expect(zones).toEqual([{ price: '9.5000', hall: null, blocked: null, categories: null }]);
});

it('0016 and 0017 end sign-ups with a password, forget the recipients of given-up mails, and keep hosts in ASCII', async () => {
  await using resources = new AsyncDisposableStack();
  const scratch = await createScratch(resources);
  const old = scratch as unknown as Kysely<unknown>;
  for (const name of namesUpTo('0016-sign-ups-without-passwords')) await migrations[name].up(old);
  for (const [at, kind] of ['sign-up', 'reset'].entries()) {
    await sql`insert into one_time_tokens (digest, kind, email, email_key, password_hash, created_on, expires_on)
      values (${Buffer.alloc(32, at)}, ${kind}, 'a@b.example', 'a@b.example', 'x', now(), now())`.execute(old);
  }
  const addresses = ['Zoë@bücher.example', 'ana@shop.example', 'eva@bücher.example', 'eva@xn--bcher-kva.example'];
  for (const [at, email] of addresses.entries()) {
    await sql`insert into accounts (account_id, email, email_key, created_on)
      values (${Buffer.alloc(16, at)}, ${email}, ${email.toLowerCase()}, now())`.execute(old);
  }
  await sql`insert into invitations (organiser_id, email_key, email, roles, invited_by, invited_on, expires_on)
    values ('main', 'zoë@bücher.example', 'Zoë@bücher.example', 'door', 'operator', now(), now())`.execute(old);
  await sql`insert into mails (mail_id, kind, recipient, created_on, given_up_on) values
    (${Buffer.alloc(16, 1)}, 'reset', 'a@b.example', now(), now()), (${Buffer.alloc(16, 2)}, 'reset', 'b@b.example', now(), null)
  `.execute(old);
  await migrations['0016-sign-ups-without-passwords'].up(old);
  // As if it was interrupted before its end.
  for (let times = 0; times < 2; times++) await migrations['0017-links-of-invitations'].up(old);
  expect(await scratch.selectFrom('one_time_tokens').select('kind').execute()).toEqual([{ kind: 'reset' }]);
  expect(await scratch.selectFrom('accounts').select(['email', 'email_key']).orderBy('account_id').execute()).toEqual([
    { email: 'Zoë@xn--bcher-kva.example', email_key: 'zoë@xn--bcher-kva.example' },
    { email: 'ana@shop.example', email_key: 'ana@shop.example' },
    // Another account has the address.
    { email: 'eva@bücher.example', email_key: 'eva@bücher.example' },
    { email: 'eva@xn--bcher-kva.example', email_key: 'eva@xn--bcher-kva.example' },
  ]);
  expect(await scratch.selectFrom('invitations').select('email_key').execute()).toEqual([
    { email_key: 'zoë@xn--bcher-kva.example' },
  ]);
  expect(await scratch.selectFrom('mails').select('recipient').orderBy('mail_id').execute()).toEqual([
    { recipient: '' },
    { recipient: 'b@b.example' },
  ]);
});

describe.each([
  { name: '0011-tickets-of-halls', adds: { seat_label: '', category: null, exchanged_for: null } },
  { name: '0018-checkout', adds: { paid_by: null } },
] as const)('$name', ({ name: migration, adds }) => {
  /** TICKETS_TO_MIGRATE=1000000 takes a minute. */
  const many = Number(process.env.TICKETS_TO_MIGRATE ?? 20_000);

  it('holds up neither sales nor reads, and tasks of the previous version go on writing', { timeout: 600_000 }, async ({
    annotate,
  }) => {
    await using resources = new AsyncDisposableStack();
    const scratch = await createScratch(resources, 4);
    const old = scratch as unknown as Kysely<unknown>;
    for (const name of namesUpTo(migration)) await migrations[name].up(old);
    await sellMany(old, many);

    let isOver = false;
    const waits: number[] = [];
    const again = async (work: (n: number) => Promise<unknown>) => {
      for (let n = 1; !isOver; n++) {
        const startedAt = performance.now();
        await work(n);
        waits.push(performance.now() - startedAt);
      }
    };
    const sell = (row: number) => insertTicket(old, { id: many + row, row: 'ZZ', column: row, status: 'PAID' });
    const cancel = (row: number) =>
      old.transaction().execute(async (trx) => {
        await sql`delete from tickets where ticket_id = ${idOf(row)}`.execute(trx);
        await insertTicket(trx, { id: row, ...seatOf(row), status: 'CANCELLED' });
      });
    const read = (row: number) => sql`select * from tickets where event_id = 'Event1' and sequence = ${row}`.execute(old);
    const traffic = [again(sell), again(cancel), again(read)];
    const startedAt = performance.now();
    await migrations[migration].up(old);
    isOver = true;
    await Promise.all(traffic);
    const ms = Math.round(performance.now() - startedAt);
    await annotate(`${waits.length} statements in ${ms} ms, the longest took ${Math.round(Math.max(...waits))} ms`);
    // A second behind a statement of the migration that waits for the table, and its own time.
    expect(Math.max(...waits)).toBeLessThan(2_000);
    expect(waits.length).toBeGreaterThan(20);

    await sell(30_000);
    await expect(sell(30_000)).rejects.toMatchObject({ code: 'ER_DUP_ENTRY' });
    const last = await scratch
      .selectFrom('tickets')
      .selectAll()
      .where('ticket_id', '=', idOf(many + 30_000))
      .executeTakeFirst();
    expect(last).toMatchObject({ seat_row: 'ZZ', seat_column: 30_000, ...adds });
  });

  it('waits for a transaction that is reading, without making others wait for it, and can be started again', async () => {
    await using resources = new AsyncDisposableStack();
    const scratch = await createScratch(resources, 4);
    const old = scratch as unknown as Kysely<unknown>;
    for (const name of namesUpTo(migration)) await migrations[name].up(old);
    await sellMany(old, 10);
    const { promise: read, resolve: stopReading } = Promise.withResolvers<void>();
    const { promise: reading, resolve: isReading } = Promise.withResolvers<void>();
    const reader = old.transaction().execute(async (trx) => {
      await sql`select * from tickets`.execute(trx);
      isReading();
      await read;
    });
    await reading;
    const migrating = migrations[migration].up(old);
    for (let n = 1; n <= 3; n++) {
      const startedAt = performance.now();
      await insertTicket(old, { id: 10 + n, row: 'ZZ', column: n, status: 'PAID' });
      // Behind a migration that waits for the reader, it would wait for ever.
      expect(performance.now() - startedAt).toBeLessThan(30_000);
    }
    stopReading();
    await Promise.all([reader, migrating]);
    await migrations[migration].up(old);
    for (const name of namesAfter(migration)) await migrations[name].up(old);
    expect(await dumpSchema(scratch)).toBe(await dumpSchema(db));
  });
});

const names = Object.keys(migrations) as (keyof typeof migrations)[];
const namesUpTo = (name: keyof typeof migrations) => names.slice(0, names.indexOf(name));
const namesAfter = (name: keyof typeof migrations) => names.slice(names.indexOf(name) + 1);

const idOf = (n: number) => Buffer.from(n.toString(16).padStart(32, '0'), 'hex');

/** The seats of tickets 0, 1, …: 9,999 in each row. */
const seatOf = (n: number) => ({ row: String(Math.floor(n / 9_999)), column: (n % 9_999) + 1 });

/** Inserts a ticket as the version before 0011 did; the next ones' columns have defaults. */
const insertTicket = (
  old: Kysely<unknown>,
  { id, row, column, status }: { id: number; row: string; column: number; status: string },
) =>
  sql`insert into tickets
    (ticket_id, order_id, venue_id, event_id, zone_id, seat_row, seat_column, price, currency, status, sequence, created_on)
    values (${idOf(id)}, ${idOf(id)}, 'Venue1', 'Event1', 1, ${row}, ${column}, '10', 'USD', ${status}, ${id}, now(3))`.execute(
    old,
  );

/** Inserts tickets 0 to `count` - 1, all paid. */
const sellMany = (old: Kysely<unknown>, count: number) =>
  sql`insert into tickets
    (ticket_id, order_id, venue_id, event_id, zone_id, seat_row, seat_column, price, currency, status, sequence, created_on)
    select unhex(lpad(hex(n), 32, '0')), unhex(lpad(hex(n), 32, '0')), 'Venue1', 'Event1', 1, n div 9999, n % 9999 + 1,
      '10', 'USD', 'PAID', n, now(3)
    from (
      with digits as (select 0 as d union all select 1 union all select 2 union all select 3 union all select 4 union all
        select 5 union all select 6 union all select 7 union all select 8 union all select 9)
      select a.d + 10 * b.d + 100 * c.d + 1000 * d.d + 10000 * e.d + 100000 * f.d as n
      from digits a, digits b, digits c, digits d, digits e, digits f
    ) as numbers
    where n < ${count}`.execute(old);
