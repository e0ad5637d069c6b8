import { sql } from 'kysely';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, describe, expect, it } from 'vitest';
import { asOperator, testQueryApp } from '../../../scripts/testing/apps.ts';
import { purchasedOrder } from '../../../scripts/testing/purchases.ts';
import { db, openTestEvent, redis, unique, urls } from '../../../scripts/testing/stores.ts';
import { projectDomainEvents } from '../../persistence/projections/project.ts';
import type { Inventory } from '../../shared/inventory/inventory.ts';
import { connectDatabase } from '../../shared/stores/database.ts';
import { uuidBytes } from '../../shared/stores/uuid.ts';
import { encodeCursor } from './cursor.ts';

const resources = new AsyncDisposableStack();
afterAll(() => resources.disposeAsync());

const app = await testQueryApp({ db, redis });
resources.defer(() => app.close());

type Listed = { ticketId: string; createdOn: string };

/** A time unique to the test, far from any other test's tickets. */
const ownTime = () => Date.UTC(2200, 0, 1) + Math.floor(Math.random() * 1e12);

/** A cursor for a position just before a time. */
const justBefore = (ms: number) => encodeCursor({ createdOn: new Date(ms - 1), eventId: 'E', sequence: 1, ticketId: uuidv7() });

const nextOf = (link: unknown) => /^<([^>]+)>; rel="next"$/.exec(String(link))?.[1];

/** The first `count` tickets sold from a time on, as seen by a client that follows rel="next". */
async function ticketsFrom(ms: number, count: number, query: Record<string, string>): Promise<Listed[]> {
  const listed: Listed[] = [];
  const headers = asOperator;
  let response = await app.inject({ url: '/query/api/v1/tickets', headers, query: { ...query, cursor: justBefore(ms) } });
  for (;;) {
    expect(response.statusCode).toBe(200);
    listed.push(...response.json<Listed[]>());
    const next = nextOf(response.headers.link);
    if (listed.length >= count || next === undefined) return listed.slice(0, count);
    response = await app.inject({ url: next, headers });
  }
}

/** Sells two tickets of an event as one order at the given time. Returns their ids. */
async function sell(event: Inventory, sequence: number, ms: number, buyerId = unique('Buyer')): Promise<string[]> {
  const seat = (column: number) => ({ zoneId: 1, row: 'A', column, priceMinor: 10_000 });
  const tickets = [seat(2 * sequence - 1), seat(2 * sequence)];
  const sale = { ...purchasedOrder(event, { sequence, buyerId, tickets }), time: new Date(ms).toISOString() };
  await projectDomainEvents(db, [sale]);
  return sale.data.tickets.map(({ ticketId }) => ticketId);
}

const ids = (tickets: Listed[]) => tickets.map(({ ticketId }) => ticketId);

describe('the list of all tickets', () => {
  it('is in order of sale across all events, newest last, whatever the page size or the order of projection', async () => {
    const startMs = ownTime();
    const [one, other] = [await openTestEvent(), await openTestEvent()].toSorted((a, b) => (a.eventId < b.eventId ? -1 : 1));
    if (!one || !other) expect.fail();
    // The last two sales have the same time. Neither ids nor rows are in this order.
    const last = await sell(other, 2, startMs + 2);
    const third = await sell(one, 2, startMs + 2);
    const second = await sell(one, 1, startMs + 1);
    const first = await sell(other, 1, startMs);
    const sold = [first, second, third, last].flat();
    for (const limit of ['1', '2', '3', '7', '100']) expect(ids(await ticketsFrom(startMs, 8, { limit }))).toEqual(sold);
  });

  it('filtered by event, buyer or both keeps the same order', async () => {
    const startMs = ownTime();
    const [one, other] = [await openTestEvent(), await openTestEvent()];
    const [ann, bob] = [unique('Ann'), unique('Bob')];
    const sales = [
      { event: one, buyerId: ann, ids: await sell(one, 1, startMs, ann) },
      { event: other, buyerId: ann, ids: await sell(other, 1, startMs + 1, ann) },
      { event: one, buyerId: bob, ids: await sell(one, 2, startMs + 2, bob) },
      { event: one, buyerId: ann, ids: await sell(one, 3, startMs + 3, ann) },
      { event: other, buyerId: bob, ids: await sell(other, 2, startMs + 4, bob) },
    ];
    const { eventId } = one;
    const of = (isWanted: (sale: (typeof sales)[number]) => boolean) => sales.filter(isWanted).flatMap((sale) => sale.ids);
    const list = async (query: Record<string, string>) => ids(await ticketsFrom(startMs, 10, { ...query, limit: '3' }));
    expect(await list({})).toEqual(of(() => true));
    expect(await list({ buyerId: ann })).toEqual(of((sale) => sale.buyerId === ann));
    // Without a cursor: an event's own list starts at the cursor's sequence number, not at its time.
    const { json } = await app.inject({ url: '/query/api/v1/tickets', query: { eventId } });
    expect(ids(json<Listed[]>())).toEqual(of((sale) => sale.event === one));
    const both = await app.inject({ url: '/query/api/v1/tickets', headers: asOperator, query: { eventId, buyerId: ann } });
    expect(ids(both.json<Listed[]>())).toEqual(of((sale) => sale.event === one && sale.buyerId === ann));
  });

  it('shows a ticket that was applied late in its place by time of sale, and repeats none to clients already past it', async () => {
    const startMs = ownTime();
    const event = await openTestEvent();
    const first = await sell(event, 1, startMs);
    const third = await sell(event, 3, startMs + 2);
    const page = await app.inject({ url: '/query/api/v1/tickets', query: { cursor: justBefore(startMs), limit: '3' } });
    expect(ids(page.json<Listed[]>())).toEqual([...first, third[0]]);
    const second = await sell(event, 2, startMs + 1);
    const next = await app.inject(nextOf(page.headers.link) ?? '');
    expect(ids(next.json<Listed[]>()).slice(0, 1)).toEqual([third[1]]);
    expect(ids(await ticketsFrom(startMs, 6, {}))).toEqual([first, second, third].flat());
  });

  it('has pages of 100 tickets by default, which shared caches may not keep', async () => {
    const startMs = ownTime();
    const event = await openTestEvent({ zones: [{ zoneId: 1, capacity: 1_000, priceMinor: 100 }] });
    const tickets = Array.from({ length: 101 }, () => ({ zoneId: 1, priceMinor: 100 }));
    await projectDomainEvents(db, [
      { ...purchasedOrder(event, { sequence: 1, tickets }), time: new Date(startMs).toISOString() },
    ]);
    const response = await app.inject({ url: '/query/api/v1/tickets', query: { cursor: justBefore(startMs) } });
    expect(response.json()).toHaveLength(100);
    expect(nextOf(response.headers.link)).toMatch(/^\/query\/api\/v1\/tickets\?cursor=[\w-]+&limit=100$/);
    expect(response.headers['cache-control']).toBe('private, no-cache');
    expect((await app.inject('/query/api/v1/tickets')).statusCode).toBe(200);
  });

  it('reads about as many rows as it returns and sorts none, however many tickets exist', async () => {
    const startMs = ownTime();
    const { eventId, venueId } = await openTestEvent();
    const rows = Array.from({ length: 20_000 }, (_, at) => ({
      ...{ ticket_id: uuidBytes(uuidv7()), order_id: uuidBytes(uuidv7()) },
      ...{ venue_id: venueId, event_id: eventId, zone_id: 1, price: '1', currency: 'USD', status: 'CANCELLED' as const },
      ...{ sequence: at + 1, created_on: new Date(startMs + at) },
    }));
    for (let at = 0; at < rows.length; at += 1_000)
      await db
        .insertInto('tickets')
        .values(rows.slice(at, at + 1_000))
        .execute();
    // A single connection, whose work is counted.
    const counted = connectDatabase(urls.databaseUrl, 1);
    resources.defer(() => counted.destroy());
    const own = await testQueryApp({ db: counted, redis });
    resources.defer(() => own.close());
    const work = async () => {
      const status = sql<{ Variable_name: string; Value: string }>`show session status where Variable_name like 'Handler_read%'
        or Variable_name like 'Sort_%'`;
      const { rows: figures } = await status.execute(counted);
      return new Map(figures.map(({ Variable_name: name, Value: value }) => [name, Number(value)]));
    };
    for (const query of [{}, { cursor: justBefore(startMs) }, { cursor: justBefore(startMs + 19_000) }]) {
      const idle = await work();
      expect((await own.inject({ url: '/query/api/v1/tickets', query })).json()).toHaveLength(100);
      const done = await work();
      const spent = Array.from(done, ([name, value]) => [name, value - (idle.get(name) ?? 0)] as const);
      const sum = (prefix: string) => spent.reduce((total, [name, count]) => total + (name.startsWith(prefix) ? count : 0), 0);
      expect(sum('Sort_')).toBe(0);
      // "show status" itself reads some.
      expect(sum('Handler_read')).toBeLessThan(1_000);
    }
  });
});

describe('a cursor', () => {
  const old = (eventId: string) => Buffer.from(`${eventId}.1.${uuidv7()}`).toString('base64url');

  it.each([
    ['has the format of earlier versions', '', () => old('Event1')],
    ['has that format and an event id that looks like a time', '', () => old('1767225600000.E')],
    [
      'is for another event',
      '&eventId=Event1',
      () => encodeCursor({ createdOn: new Date(), eventId: 'E', sequence: 1, ticketId: uuidv7() }),
    ],
    ['has a time beyond the calendar', '', () => Buffer.from(`${'9'.repeat(15)}/E/1/${uuidv7()}`).toString('base64url')],
  ])('that %s is rejected with a 400 that says what to do', async (_case, rest, cursorOf) => {
    const response = await app.inject(`/query/api/v1/tickets?cursor=${cursorOf()}${rest}`);
    const errors = [{ parameter: 'cursor', detail: 'is not a cursor for this list; start again without one' }];
    expect([response.statusCode, response.json()]).toEqual([400, expect.objectContaining({ code: 'INVALID_REQUEST', errors })]);
  });

  it('may have the latest time and the longest names possible', async () => {
    const ticketId = 'ffffffff-ffff-7fff-bfff-ffffffffffff';
    const eventId = 'E'.repeat(64);
    const cursor = encodeCursor({ createdOn: new Date(99_999_999_999_999), eventId, sequence: 999_999_999_999_999, ticketId });
    const response = await app.inject(`/query/api/v1/tickets?cursor=${cursor}`);
    expect([response.statusCode, response.json()]).toEqual([200, []]);
  });
});

it('a flood of lists partly gets 503, and counts do not wait for it', async () => {
  const event = await openTestEvent();
  await sell(event, 1, ownTime());
  const finished: string[] = [];
  const ask = async (what: string, url: string) => {
    const response = await app.inject({ url });
    finished.push(what);
    return response;
  };
  const lists = Array.from({ length: 300 }, () => ask('list', '/query/api/v1/tickets?limit=1000'));
  const count = await ask('count', `/query/api/v1/tickets/count/${event.eventId}`);
  const responses = await Promise.all(lists);

  expect(count.json()).toEqual({ eventId: event.eventId, count: 2 });
  const byStatus = Object.groupBy(responses, ({ statusCode }) => statusCode);
  expect(Object.keys(byStatus)).toEqual(['200', '503']);
  // A hundred may wait, but on a busy machine not all of them have their turn before the time limit.
  expect(byStatus[200]?.length).toBeGreaterThan(0);
  for (const { headers } of byStatus[503] ?? []) expect(headers['retry-after']).toBe('1');
  // Only the refusals, and the few lists read meanwhile, are faster than the count.
  const after = finished.slice(finished.indexOf('count')).filter((what) => what === 'list');
  expect(after.length).toBeGreaterThan((byStatus[200]?.length ?? 0) / 2);
});
