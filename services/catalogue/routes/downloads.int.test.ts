import { once } from 'node:events';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { type KyselyPlugin, sql } from 'kysely';
import { v7 as uuid } from 'uuid';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { asOperator, testCatalogueApp } from '../../../scripts/testing/apps.ts';
import { createScratchWithTables } from '../../../scripts/testing/scratch-database.ts';
import { redis, unique } from '../../../scripts/testing/stores.ts';
import type { Database } from '../../shared/stores/database.ts';
import { uuidBytes } from '../../shared/stores/uuid.ts';
import { downloadsAtOnce, downloadsPerOrganiser } from './downloads.ts';

/** More text than the sockets' buffers can hold: about 15 MB. */
const ticketsOfEvent = 60_000;

/** How many tickets MySQL was asked for. */
let rowsRead = 0;
const countsRows: KyselyPlugin = {
  transformQuery: ({ node }) => node,
  transformResult: async ({ result }) => {
    rowsRead += result.rows.filter((row) => 'ticket_id' in row).length;
    return result;
  },
};
/** A database of its own: so many tickets would make the queries of other tests slow. */
const resources = new AsyncDisposableStack();
let db: Database;
let port = 0;
let eventId = '';
beforeAll(async () => {
  db = await createScratchWithTables(resources, 10);
  const app = await testCatalogueApp({ db: db.withPlugin(countsRows), redis });
  resources.defer(() => app.close());
  await app.listen({ port: 0, host: '127.0.0.1' });
  port = (app.server.address() as AddressInfo).port;
  eventId = await eventWithTickets(ticketsOfEvent);
});
afterAll(() => resources.disposeAsync());

const sockets = new Set<Socket>();
beforeEach(() => {
  rowsRead = 0;
  // The clock of downloads: nothing else uses intervals here.
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
});
afterEach(async () => {
  vi.useRealTimers();
  for (const socket of sockets) socket.destroy();
  sockets.clear();
  await until(async () => (await statusOf(eventId)) === 200);
});

/** An event of an organiser of its own, with tickets of fifty each order. */
async function eventWithTickets(count: number): Promise<string> {
  const event = { event_id: unique('event'), organiser_id: unique('org'), venue_id: 'Venue', currency: 'USD' };
  const names = { venue_name: 'A venue', name: 'An event', tickets_per_buyer: null, hold_ms: null };
  await db
    .insertInto('events')
    .values({ ...event, ...names, on_sale_at: new Date() })
    .execute();
  for (let at = 0; at < count; at += 5_000) {
    const tickets = Array.from({ length: Math.min(5_000, count - at) }, (_, index) => ({
      ...{ ticket_id: uuidBytes(uuid()), order_id: uuidBytes(uuid()), event_id: event.event_id, venue_id: 'Venue', zone_id: 1 },
      ...{ price: '1.00', currency: 'USD', status: 'PAID' as const, created_on: new Date(), seat_label: '' },
      sequence: 1 + Math.floor((at + index) / 50),
      category: 'c'.repeat(32),
      ticket_type: 't'.repeat(32),
      promotion: 'p'.repeat(32),
    }));
    await db.insertInto('tickets').values(tickets).execute();
  }
  await sql`analyze table tickets`.execute(db);
  return event.event_id;
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await pause(10);
}

/** A download on a connection of its own, of which nothing is read yet but that it began. Waits for a place that is about to come back. */
async function begin(id: string): Promise<Socket> {
  for (;;) {
    const socket = connect({ port, host: '127.0.0.1' });
    sockets.add(socket);
    socket.on('error', () => {});
    await once(socket, 'connect');
    socket.write(
      `GET /catalogue/api/v1/events/${id}/orders.csv HTTP/1.1\r\nhost: x\r\nauthorization: ${asOperator.authorization}\r\n\r\n`,
    );
    await once(socket, 'readable');
    const first = socket.read() as Buffer;
    socket.unshift(first);
    if (first.toString('latin1').startsWith('HTTP/1.1 200')) return socket;
    socket.destroy();
    await pause(10);
  }
}

/** Whether the last chunk of a chunked response came. */
const isWhole = (text: string) => text.endsWith('\r\n0\r\n\r\n');

/** Reads so many bytes, or less if the connection or the response ends before. */
async function read(socket: Socket, bytes = Number.POSITIVE_INFINITY): Promise<string> {
  let text = '';
  while (text.length < bytes && !socket.readableEnded && !socket.destroyed && !isWhole(text.slice(-16))) {
    const part = socket.read() as Buffer | null;
    if (part) text += part.toString('latin1');
    else await pause(1);
  }
  return text;
}

/** Waits until no more tickets are read, because all buffers up to the reader are full. */
async function untilStalled(): Promise<void> {
  let before = -1;
  await until(async () => {
    const isStalled = rowsRead === before && rowsRead > 0;
    before = rowsRead;
    await pause(300);
    return isStalled;
  });
}

/** Tries a download that is over at once: there is no such order. */
async function tryDownload(id: string) {
  const reply = await fetch(`http://127.0.0.1:${port}/catalogue/api/v1/events/${id}/orders.csv?order=${uuid()}`, {
    headers: asOperator,
  });
  return { status: reply.status, headers: reply.headers, text: await reply.text() };
}
const statusOf = async (id: string) => (await tryDownload(id)).status;

it("keeps an organiser's slow readers from taking the places of others", async () => {
  const other = await eventWithTickets(1);
  for (let at = 0; at < downloadsPerOrganiser; at++) await begin(eventId);
  const refused = await tryDownload(eventId);
  expect(refused.status).toBe(429);
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
  expect(JSON.parse(refused.text)).toMatchObject({ code: 'RATE_LIMITED' });
  expect(await statusOf(other)).toBe(200);
});

it('refuses a download when all places are taken', async () => {
  const full = await Promise.all(Array.from({ length: downloadsAtOnce }, async () => await eventWithTickets(20_000)));
  for (const id of full) await begin(id);
  const refused = await tryDownload(eventId);
  expect(refused.status).toBe(503);
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
});

it('ends a download that nobody reads, and gives its place back; until then few of its tickets are in memory', async () => {
  const socket = await begin(eventId);
  await untilStalled();
  expect(rowsRead).toBeLessThan(ticketsOfEvent / 2);
  await vi.advanceTimersByTimeAsync(20_000);
  expect(await statusOf(eventId)).toBe(429);
  // Seconds in which a busy MySQL is still filling the buffers do not count, so how many it takes is not known.
  await until(async () => {
    await vi.advanceTimersByTimeAsync(1_000);
    return (await statusOf(eventId)) === 200;
  });
  expect(isWhole(await read(socket))).toBe(false);
  expect(rowsRead).toBeLessThan(ticketsOfEvent / 2);
});

it('ends a download that is read too slowly', async () => {
  const socket = await begin(eventId);
  await untilStalled();
  let seconds = 0;
  let taken = 0;
  while (!socket.closed && seconds < 3_600) {
    taken += (socket.read(Math.min(16_384, Math.max(1, socket.readableLength))) as Buffer | null)?.length ?? 0;
    await vi.advanceTimersByTimeAsync(1_000);
    // A busy MySQL needs real time to fill what was read.
    await pause(5);
    seconds++;
    if (seconds % 10 === 0 && (await statusOf(eventId)) === 200) break;
  }
  expect(seconds).toBeLessThan(3_600);
  expect(taken).toBeGreaterThan(0);
  expect(isWhole(await read(socket))).toBe(false);
});

it('waits for a reader that pauses and goes on, who gets every ticket', async () => {
  const socket = await begin(eventId);
  let text = '';
  for (let times = 0; times < 3; times++) {
    await vi.advanceTimersByTimeAsync(20_000);
    expect(await statusOf(eventId)).toBe(429);
    text += await read(socket, 2_500_000);
  }
  text += await read(socket);
  expect(isWhole(text)).toBe(true);
  expect(rowsRead).toBe(ticketsOfEvent);
});

it('gives the place of a reset connection back', async () => {
  const socket = await begin(eventId);
  expect(await statusOf(eventId)).toBe(429);
  socket.resetAndDestroy();
  await until(async () => (await statusOf(eventId)) === 200);
});
