import type { KyselyPlugin } from 'kysely';
import { describe, expect, it, vi } from 'vitest';
import { asOperator, testCatalogueApp } from '../../../scripts/testing/apps.ts';
import { silentLogger } from '../../../scripts/testing/silent-logger.ts';
import { openHall, project, rowSeats, sell, soldEvent, testSystem } from '../../../scripts/testing/sold-event.ts';
import { db, openTestEvent, redis } from '../../../scripts/testing/stores.ts';
import { asKey } from '../../../scripts/testing/tokens.ts';
import { readSaleState } from '../../shared/inventory/set-state.ts';
import { archiveStep } from '../jobs/archive-step.ts';
import { startJobs } from '../jobs/run-jobs.ts';

const app = await testCatalogueApp({ db, redis });

const get = async (path: string, headers: Record<string, string> = asOperator) => {
  const reply = await app.inject({ url: `/catalogue/api/v1/events/${path}`, headers });
  return {
    status: reply.statusCode,
    headers: reply.headers,
    text: reply.body,
    body: reply.body.startsWith('{') || reply.body.startsWith('[') ? reply.json() : undefined,
  };
};

describe('orders, reports and the audit log', () => {
  it('finds tickets by all that is asked for, page by page', async () => {
    const { event, first } = await soldEvent();
    const { eventId } = event;
    const all = await get(`${eventId}/orders`);
    expect(all.body).toHaveLength(7);
    expect((await get(`${eventId}/orders?buyer=Ann&status=PAID`)).body).toHaveLength(4);
    expect((await get(`${eventId}/orders?order=${first.orderId}`)).body).toHaveLength(3);
    expect((await get(`${eventId}/orders?seat=1/A/2`)).body.map(({ buyerId }: { buyerId: string }) => buyerId)).toEqual([
      'Ann',
      'Bob',
    ]);
    const seen: unknown[] = [];
    for (let path: string | undefined = `${eventId}/orders?limit=3`; path; ) {
      const page = await get(path);
      seen.push(...page.body);
      path = /<\/catalogue\/api\/v1\/events\/([^>]+)>/.exec(String(page.headers.link ?? ''))?.[1];
    }
    expect(seen).toEqual(all.body);
    for (const query of ['cursor=x', 'order=1', 'seat=A', 'status=sold', 'limit=0', 'q=1']) {
      expect(await get(`${eventId}/orders?${query}`)).toMatchObject({ status: 400, body: { code: 'INVALID_REQUEST' } });
    }
  });

  it('streams the tickets as CSV, however many pages of them MySQL is asked for', async () => {
    const event = await openTestEvent({ zones: [{ zoneId: 1, capacity: 5_000, priceMinor: 100 }], ticketsPerOrder: 50 });
    for (let at = 0; at < 90; at++) await sell(event, { zoneId: 1, quantity: 50, split: false }, '=cmd()');
    await project(event);
    const csv = await get(`${event.eventId}/orders.csv`);
    expect(csv).toMatchObject({ status: 200, headers: { 'content-type': expect.stringContaining('text/csv') } });
    const lines = csv.text.trim().split('\n');
    expect(lines).toHaveLength(4_501);
    expect(new Set(lines).size).toBe(4_501);
    expect(lines[1]).toContain(",'=cmd(),");
    expect(await get(`${event.eventId}/orders.csv?order=x`)).toMatchObject({ status: 400 });
  });

  it('adds up the sales, as one who may read reports, and shows what only others may see to nobody else', async () => {
    const { event } = await soldEvent();
    const { eventId } = event;
    const report = await get(`${eventId}/report?by=zone`, asKey('main', ['reports:read']));
    expect(report.body).toMatchObject({ total: { tickets: 6, cancelled: 1 }, lines: [{ key: '1' }, { key: '2' }] });
    expect(await get(`${eventId}/report`, asKey('main', ['orders:read']))).toMatchObject({ status: 403 });
    expect(await get(`${eventId}/orders`, asKey('main', ['reports:read']))).toMatchObject({ status: 403 });
    expect(await get(`${eventId}/audit`, asKey('main', ['catalogue:write']))).toMatchObject({ status: 403 });
    expect((await get(`${eventId}/status`)).body).toMatchObject({
      eventId,
      inventory: { zones: [{ sold: 4, held: 2 }, { sold: 2 }] },
    });
  });
});

describe('reports', () => {
  it('wait for their turn, fifty of them; the next is told to come back, and the others are made', async () => {
    const { event } = await soldEvent();
    const open = Promise.withResolvers<void>();
    /** Keeps back what MySQL adds up. */
    const gate: KyselyPlugin = {
      transformQuery: ({ node }) => node,
      async transformResult({ result }) {
        if (result.rows.some((row) => 'face' in row)) await open.promise;
        return result;
      },
    };
    const slow = await testCatalogueApp({ db: db.withPlugin(gate), redis });
    const report = () => slow.inject({ url: `/catalogue/api/v1/events/${event.eventId}/report`, headers: asOperator });
    const replies: Awaited<ReturnType<typeof report>>[] = [];
    // Two wait for MySQL, and fifty for their turn.
    const asked = Array.from({ length: 60 }, async () => void replies.push(await report()));
    await vi.waitFor(() => expect(replies).toHaveLength(8), { timeout: 100_000 });
    for (const { statusCode, headers } of replies) expect([statusCode, headers['retry-after']]).toEqual([503, '1']);
    open.resolve();
    await Promise.all(asked);
    expect(replies.slice(8).map(({ statusCode }) => statusCode)).toEqual(Array.from({ length: 52 }, () => 200));
    expect((await report()).json()).toMatchObject({ total: { tickets: 6 } });
  });
});

describe('archiving by the API', () => {
  it('is a job that proves the event first; what is not proven fails, says why, and can be asked for again', async () => {
    const system = await testSystem();
    const waits = { patienceMs: 0, atMostMs: 0, lookMs: 0 };
    const steps = {
      archive: (job: Parameters<typeof archiveStep>[1]) => archiveStep(system, job, waits),
      cancel: async () => ({ isDone: true }),
    };
    const jobs = startJobs({ db, redis, steps, logger: silentLogger });
    try {
      const event = await openHall();
      const { eventId } = event;
      await sell(event, rowSeats('A', 1));
      const act = async (what: string) => {
        const reply = await app.inject({
          method: 'POST',
          url: `/catalogue/api/v1/events/${eventId}/${what}`,
          headers: asOperator,
        });
        return { status: reply.statusCode, body: reply.json() };
      };
      const statusIs = (status: string) =>
        vi.waitFor(async () => expect((await get(`${eventId}/archive`)).body).toMatchObject({ status }), { timeout: 100_000 });
      expect(await act('archive')).toMatchObject({ status: 409, body: { code: 'EVENT_STATE' } });
      await act('close');
      expect(await get(`${eventId}/archive`)).toMatchObject({ status: 404, body: { code: 'JOB_NOT_FOUND' } });
      expect(await act('archive')).toMatchObject({ status: 202 });
      await statusIs('failed');
      expect((await get(`${eventId}/archive`)).body.detail).toContain(`${eventId} was not archived`);
      await project(event);
      expect(await act('archive')).toMatchObject({ status: 202 });
      await statusIs('done');
      expect(await readSaleState(redis, eventId)).toBeUndefined();
      expect((await get(eventId)).body.state).toBe('archived');
      expect(await act('close')).toMatchObject({ status: 409, body: { code: 'EVENT_STATE' } });
      expect((await get(`${eventId}/audit`)).body[0]).toMatchObject({ action: 'archive', principal: 'operator' });
    } finally {
      await jobs.stop();
    }
  });
});
