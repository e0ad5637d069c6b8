import { sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { migrateToLatest } from '../../migrations/migrate.ts';
import { asOperator, testQueryApp } from '../../scripts/testing/apps.ts';
import { layCable, through } from '../../scripts/testing/cable.ts';
import { purchased } from '../../scripts/testing/purchases.ts';
import { db, openTestEvent, redis, unique, urls } from '../../scripts/testing/stores.ts';
import { projectDomainEvents } from '../persistence/projections/project.ts';
import type { Inventory } from '../shared/inventory/inventory.ts';
import { connectDatabase, type Database } from '../shared/stores/database.ts';

let resources: AsyncDisposableStack;
beforeEach(() => {
  resources = new AsyncDisposableStack();
});
afterEach(() => resources.disposeAsync());

const tickets = '/query/api/v1/tickets';

function connect(url: string): Database {
  const reader = connectDatabase(url, 2);
  resources.defer(() => reader.destroy());
  return reader;
}

async function appOn(reader: Database) {
  const app = await testQueryApp({ db: reader, redis });
  resources.defer(() => app.close());
  return app;
}

/** A reader that has only what is copied to it: a replica whose lag the test controls. */
async function laggingReplica() {
  const name = unique('onsale_lag').replaceAll('-', '_');
  await sql`create database ${sql.id(name)} character set utf8mb4 collate utf8mb4_bin`.execute(db);
  resources.defer(async () => void (await sql`drop database ${sql.id(name)}`.execute(db)));
  const url = new URL(urls.databaseUrl);
  url.pathname = name;
  const reader = connect(url.href);
  await migrateToLatest(reader);
  return {
    reader,
    /** Copies the writer's rows of an event in one transaction, as a replica would apply it. */
    async catchUp({ eventId }: Inventory) {
      const event = await db.selectFrom('events').selectAll().where('event_id', '=', eventId).executeTakeFirstOrThrow();
      const sold = await db.selectFrom('tickets').selectAll().where('event_id', '=', eventId).execute();
      const sales = await db.selectFrom('sales_by_zone').selectAll().where('event_id', '=', eventId).execute();
      // MySQL generates these.
      const { begins_at: _beginsAt, is_listed: _isListed, ...givenEvent } = event;
      const withoutLive = sold.map(({ live: _live, ...ticket }) => ticket);
      await reader.transaction().execute(async (trx) => {
        await trx.insertInto('events').values(givenEvent).onDuplicateKeyUpdate({ event_id: eventId }).execute();
        if (withoutLive.length > 0) await trx.replaceInto('tickets').values(withoutLive).execute();
        if (sales.length > 0) await trx.replaceInto('sales_by_zone').values(sales).execute();
      });
    },
  };
}

describe('a reader that lags behind the writer', () => {
  it('is the only database read: replies show what it has, and nothing that it lacks', async () => {
    const { reader, catchUp } = await laggingReplica();
    const app = await appOn(reader);
    const event = await openTestEvent();
    const { eventId, venueId } = event;
    const sale = purchased(event, { sequence: 1 });
    const urlsOfAll = [
      `${tickets}/count/${eventId}`,
      `${tickets}/revenue/${venueId}/${eventId}`,
      `${tickets}?eventId=${eventId}`,
      `${tickets}/${sale.data.tickets[0]?.ticketId}`,
    ];
    const read = () => Promise.all(urlsOfAll.map(async (url) => (await app.inject(url)).json()));

    const noEvent = expect.objectContaining({ code: 'EVENT_NOT_FOUND' });
    const noTicket = expect.objectContaining({ code: 'TICKET_NOT_FOUND' });
    expect(await read()).toEqual([noEvent, noEvent, noEvent, noTicket]);

    await catchUp(event);
    await projectDomainEvents(db, [sale]);
    const revenue = { venueId, eventId, totalRevenue: '0.00', currency: 'USD' };
    expect(await read()).toEqual([{ eventId, count: 0 }, revenue, [], noTicket]);

    await catchUp(event);
    const ticket = expect.objectContaining({ ticketId: sale.data.tickets[0]?.ticketId });
    expect(await read()).toEqual([{ eventId, count: 1 }, { ...revenue, totalRevenue: '100.00' }, [ticket], ticket]);
  });
});

describe('a reader that is away', () => {
  const everyQuery = [
    tickets,
    `${tickets}/count/Event1`,
    `${tickets}/revenue/Venue1/Event1`,
    `${tickets}?eventId=Event1`,
    `${tickets}?buyerId=ann`,
    '/query/api/v1/orders/0190b5f8-0000-7000-8000-000000000000',
    '/query/api/v1/events/Event1',
    `${tickets}/0190b5f8-0000-7000-8000-000000000000`,
  ];

  it.each(everyQuery)('is a 503 with Retry-After: %s', async (url) => {
    const cable = await layCable(Number(new URL(urls.databaseUrl).port), resources);
    await cable.cut();
    const app = await appOn(connect(through(cable, urls.databaseUrl)));
    const response = await app.inject({ url, headers: asOperator });
    expect(response.headers).toMatchObject({
      'retry-after': '1',
      'content-type': expect.stringMatching(/^application\/problem\+json/),
    });
    expect([response.statusCode, response.json()]).toEqual([503, expect.objectContaining({ code: 'SERVICE_UNAVAILABLE' })]);
  });

  it('makes the service unhealthy, naming the database, but leaves it live; the service recovers by itself', async () => {
    const cable = await layCable(Number(new URL(urls.databaseUrl).port), resources);
    const app = await appOn(connect(through(cable, urls.databaseUrl)));
    const { eventId } = await openTestEvent();
    const count = `${tickets}/count/${eventId}`;
    expect((await app.inject(count)).json()).toEqual({ eventId, count: 0 });

    await cable.cut();
    const health = await app.inject('/query/health');
    expect([health.statusCode, health.json()]).toEqual([
      503,
      expect.objectContaining({ code: 'SERVICE_UNAVAILABLE', checks: { database: expect.stringMatching(/./), redis: 'ok' } }),
    ]);
    expect((await app.inject('/query/live')).statusCode).toBe(200);
    expect((await app.inject(count)).statusCode).toBe(503);

    await cable.mend();
    expect((await app.inject('/query/health')).statusCode).toBe(200);
    expect((await app.inject(count)).statusCode).toBe(200);
  });
});
