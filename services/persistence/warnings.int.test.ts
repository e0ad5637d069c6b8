import { Kysely, MysqlDialect, type MysqlPoolConnection, sql } from 'kysely';
import { createConnection } from 'mysql2';
import { afterAll, expect, it } from 'vitest';
import { soldTwice } from '../../scripts/testing/conflicts.ts';
import { cancelled, purchased, purchasedOrder } from '../../scripts/testing/purchases.ts';
import { unique, urls } from '../../scripts/testing/stores.ts';
import type { Schema } from '../shared/stores/schema.ts';
import { publishConflicts } from './conflicts/publish-conflicts.ts';
import { projectDomainEvents } from './projections/project.ts';

const resources = new AsyncDisposableStack();
afterAll(() => resources.disposeAsync());

/** Connects, and collects the server's warnings after every statement, such as a deprecated syntax. */
function connectListening() {
  const warnings: unknown[] = [];
  const connection = createConnection({ uri: urls.databaseUrl, timezone: 'Z', charset: 'utf8mb4_bin' });
  const listening = {
    threadId: 1,
    query: (text: string, parameters: unknown[], callback: (error: unknown, result: unknown) => void) =>
      connection.query(text, parameters, (error, result) => {
        if (error) return callback(error, result);
        connection.query('show warnings', (_error, rows) => {
          // An error stays listed until the next statement that uses a table, and its statement has already rejected.
          const found = (rows as { Level: string }[]).filter(({ Level }) => Level !== 'Error');
          warnings.push(...found.map((row) => ({ statement: text, ...row })));
          callback(null, result);
        });
      }),
    release: () => {},
  } as unknown as MysqlPoolConnection;
  const pool = {
    getConnection: (callback: (error: unknown, connection: MysqlPoolConnection) => void) => callback(null, listening),
    end: (callback: (error: unknown) => void) => connection.end(callback),
  };
  const db = new Kysely<Schema>({ dialect: new MysqlDialect({ pool }) });
  resources.defer(() => db.destroy());
  return { db, warnings };
}

it('projecting sales and cancellations and publishing conflicts causes no warnings on the server', async () => {
  const { db, warnings } = connectListening();
  const event = { eventId: unique('event'), venueId: 'Venue1', currency: 'KWD' };
  const order = purchasedOrder(event, {
    sequence: 1,
    tickets: [
      { zoneId: 1, priceMinor: 45_501 },
      { zoneId: 2, priceMinor: 1 },
    ],
  });
  const seat = purchased(event, { sequence: 2 });
  await projectDomainEvents(db, [order, seat]);
  await projectDomainEvents(db, [seat, cancelled(seat, 3), purchased(event, { sequence: 4 })]);
  const { others, first, second } = soldTwice();
  await projectDomainEvents(db, [...others, first]);
  await projectDomainEvents(db, [second]);
  await publishConflicts(db, async () => '');
  expect(warnings).toEqual([]);
});

it('the test above would notice a warning', async () => {
  const { db, warnings } = connectListening();
  await sql`select cast('no number' as signed)`.execute(db);
  expect(warnings).toHaveLength(1);
});
