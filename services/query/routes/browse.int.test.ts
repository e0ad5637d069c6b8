import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { testQueryApp } from '../../../scripts/testing/apps.ts';
import { connectFarRedis } from '../../../scripts/testing/far-redis.ts';
import { createScratchWithTables } from '../../../scripts/testing/scratch-database.ts';
import { seats } from '../../../scripts/testing/seats.ts';
import { db, planOf, redis, seatedZone, unique } from '../../../scripts/testing/stores.ts';
import { changeBlocked } from '../../shared/inventory/change-blocked.ts';
import { changeSaleState } from '../../shared/inventory/change-sale-state.ts';
import { inventoryKey } from '../../shared/inventory/keys.ts';
import { openEvent } from '../../shared/inventory/open-event.ts';
import { saveDraft } from '../../shared/inventory/save-draft.ts';
import type { Database } from '../../shared/stores/database.ts';
import { browseEvents, searchedWords } from '../queries/browse.ts';

const app = await testQueryApp({ db, redis });
const hourMs = 3_600_000;

const browse = async (query: Record<string, string | number>, headers: Record<string, string> = {}) => {
  const text = new URLSearchParams(Object.entries(query).map(([name, value]): [string, string] => [name, String(value)]));
  const reply = await app.inject({ url: `/query/api/v1/events?${text}`, headers });
  return { status: reply.statusCode, headers: reply.headers, body: reply.body === '' ? [] : reply.json() };
};
const idsOf = ({ body }: { body: { eventId: string }[] }) => body.map(({ eventId }) => eventId);

type Given = {
  name?: string;
  venueName?: string;
  venueId: string;
  startsAtMs?: number;
  onSaleAtMs?: number;
  offSaleAtMs?: number;
};
const planFor = ({ name = 'A play', venueName = 'A hall', venueId, startsAtMs, onSaleAtMs = 0, offSaleAtMs }: Given) => ({
  ...planOf({
    eventId: unique('event'),
    venueId,
    currency: 'USD',
    onSaleAtMs,
    ...(offSaleAtMs !== undefined && { offSaleAtMs }),
    holdMs: 1_000,
    zones: [seatedZone(1, 2, 2)],
  }),
  eventName: name,
  venueName,
  ...(startsAtMs !== undefined && { startsAtMs }),
});
const open = async (given: Given) => {
  const plan = planFor(given);
  await openEvent(db, redis, plan);
  return plan.inventory.eventId;
};

describe('GET /query/api/v1/events', () => {
  it('lists the published events of a venue by when they begin, page by page, with no draft and no archived one', async () => {
    const venueId = unique('venue');
    const nowMs = Date.now();
    const later = await open({ venueId, startsAtMs: nowMs + 2 * hourMs });
    const sooner = await open({ venueId, startsAtMs: nowMs + hourMs });
    const unknown = await open({ venueId, onSaleAtMs: nowMs - hourMs });
    await saveDraft(db, redis, planFor({ venueId }));
    const archived = await open({ venueId });
    await db.updateTable('events').set({ state: 'archived' }).where('event_id', '=', archived).execute();
    expect(idsOf(await browse({ venueId }))).toEqual([unknown, sooner, later]);
    const seen: string[] = [];
    let query: Record<string, string | number> | undefined = { venueId, limit: 1 };
    while (query) {
      const page = await browse(query);
      seen.push(...idsOf(page));
      const link = /<[^?]+\?([^>]+)>/.exec(String(page.headers.link ?? ''))?.[1];
      query = link === undefined ? undefined : Object.fromEntries(new URLSearchParams(link));
    }
    expect(seen).toEqual([unknown, sooner, later]);
    const iso = (ms: number) => new Date(ms).toISOString();
    expect(idsOf(await browse({ venueId, from: iso(nowMs) }))).toEqual([sooner, later]);
    expect(idsOf(await browse({ venueId, from: iso(nowMs), until: iso(nowMs + 2 * hourMs) }))).toEqual([sooner]);
  });

  it('finds words and their beginnings in the names of events and venues, in any order, case and with or without accents', async () => {
    const [venueId, mark] = [unique('venue'), unique('m').replace('-', '')];
    const opera = await open({ venueId, name: `Così fan tutte ${mark}`, venueName: 'Théâtre' });
    const other = await open({ venueId, name: `Cosima ${mark}`, venueName: 'Arena' });
    for (const [text, found] of [
      [`COSI ${mark}`, [opera, other]],
      [`${mark} cosi tutte`, [opera]],
      [`theatre, ${mark}!`, [opera]],
      [`rena ${mark}`, []],
      ['%', undefined],
      [`_${mark}`, [opera, other]],
    ] as const) {
      const reply = await browse({ text, venueId });
      if (found === undefined) expect(reply.status).toBe(400);
      else expect(idsOf(reply).toSorted()).toEqual([...found].toSorted());
    }
    expect(searchedWords('ﬁne ÅÖ a b c d e f g h')).toEqual(['fine', 'ao', 'a', 'b', 'c', 'd', 'e', 'f']);
  });

  it('says whether each sells, shows a change at once with another ETag, and says 304 if nothing has changed', async () => {
    const venueId = unique('venue');
    const nowMs = Date.now();
    const selling = await open({ venueId });
    const scheduled = await open({ venueId, onSaleAtMs: nowMs + hourMs });
    const over = await open({ venueId, offSaleAtMs: nowMs - 1 });
    const stateIs = async (state: string) => idsOf(await browse({ venueId, state }));
    expect([await stateIs('on-sale'), await stateIs('scheduled'), await stateIs('closed')]).toEqual([
      [selling],
      [scheduled],
      [over],
    ]);
    const first = await browse({ venueId });
    expect(first.headers).toMatchObject({
      'cache-control': 'public, max-age=1, stale-while-revalidate=1',
      etag: expect.stringMatching(/^"/),
    });
    const etag = String(first.headers.etag);
    expect((await browse({ venueId }, { 'if-none-match': etag })).status).toBe(304);
    await changeSaleState({ db, redis }, selling, { state: 'paused', confirmWhilePaused: true });
    const changed = await browse({ venueId }, { 'if-none-match': etag });
    expect(changed.status).toBe(200);
    expect(changed.body).toEqual(expect.arrayContaining([expect.objectContaining({ eventId: selling, state: 'paused' })]));
    expect([await stateIs('on-sale'), await stateIs('paused')]).toEqual([[], [selling]]);
  });

  it('says at once whether each has places left, held and blocked ones apart, finds events by that, and changes the ETag', async () => {
    const venueId = unique('venue');
    const eventId = await open({ venueId });
    const other = await open({ venueId, startsAtMs: Date.now() + hourMs });
    const row = (label: string) => ({ seats: [1, 2].map((column) => ({ zoneId: 1, row: label, column })) });
    const seatsOf = (label: string) => [1, 2].map((column) => ({ zoneId: 1, row: label, column }));
    let etag = '';
    const becomes = async (availability: string) => {
      await vi.waitFor(async () =>
        expect((await browse({ venueId })).body).toMatchObject([
          { eventId, availability },
          { eventId: other, availability: 'available' },
        ]),
      );
      const reply = await browse({ venueId }, { 'if-none-match': etag });
      expect(reply.status).toBe(200);
      etag = String(reply.headers.etag);
      expect((await browse({ venueId }, { 'if-none-match': etag })).status).toBe(304);
      for (const wanted of ['available', 'held', 'sold-out']) {
        const own = wanted === availability ? [eventId] : [];
        expect(idsOf(await browse({ venueId, availability: wanted }))).toEqual(wanted === 'available' ? [...own, other] : own);
      }
    };
    await becomes('available');
    await seats.sell({ eventId, venueId, request: row('A') });
    const held = await seats.hold({ eventId, venueId, request: row('B') });
    await becomes('held');
    if (held.kind !== 'held') return expect.fail(held.kind);
    await seats.releaseHold({ eventId, holdId: held.holdId });
    await becomes('available');
    await changeBlocked(db, redis, eventId, seatsOf('B'), true);
    await becomes('sold-out');
    await changeBlocked(db, redis, eventId, seatsOf('B'), false);
    await becomes('available');
    await seats.sell({ eventId, venueId, request: row('B') });
    await becomes('sold-out');
  });

  it('goes on without Redis, but does not know then what has places left; and knows it again when Redis is back', async () => {
    await using resources = new AsyncDisposableStack();
    const far = await connectFarRedis(resources);
    const farApp = await testQueryApp({ db, redis: far.redis });
    const venueId = unique('venue');
    const eventId = await open({ venueId });
    const ask = async (query: string) => {
      const reply = await farApp.inject({ url: `/query/api/v1/events?venueId=${venueId}${query}` });
      return { status: reply.statusCode, headers: reply.headers, body: reply.json() };
    };
    await far.cut();
    expect(await ask('')).toMatchObject({ status: 200, body: [{ eventId, availability: 'unknown' }] });
    expect(await ask('&availability=available')).toMatchObject({
      status: 503,
      headers: { 'retry-after': '1' },
      body: { code: 'INVENTORY_UNAVAILABLE' },
    });
    await far.mend();
    await vi.waitFor(async () => expect(await ask('')).toMatchObject({ body: [{ eventId, availability: 'available' }] }), {
      timeout: 300_000,
    });
    expect(idsOf(await ask('&availability=available'))).toEqual([eventId]);
  });

  it('does not know it of an inventory that Redis has lost', async () => {
    const venueId = unique('venue');
    const [gone, lost] = [await open({ venueId }), await open({ venueId, startsAtMs: Date.now() + hourMs })];
    await redis.del(inventoryKey(gone));
    await redis.hset(inventoryKey(lost), 'lineage', 'lost');
    expect((await browse({ venueId })).body).toMatchObject([
      { eventId: gone, availability: 'unknown' },
      { eventId: lost, availability: 'unknown' },
    ]);
    expect(idsOf(await browse({ venueId, availability: 'available' }))).toEqual([]);
  });

  it('refuses what it cannot read', async () => {
    const encoded = (text: string) => Buffer.from(text).toString('base64url');
    for (const query of [
      { cursor: 'x' },
      { cursor: encoded('1/') },
      { cursor: encoded('-1/Event1') },
      { cursor: encoded('999999999999999/Event1') },
      { cursor: encoded("1/'; drop table events") },
      { from: 'soon' },
      { until: '2026-13-01T00:00:00Z' },
      { from: '9999-12-31T23:59:59-10:00' },
      { state: 'draft' },
      { availability: 'unknown' },
      { limit: 101 },
      { text: '' },
      { q: 'x' },
    ]) {
      expect(await browse(query as Record<string, string>)).toMatchObject({ status: 400, body: { code: 'INVALID_REQUEST' } });
    }
  });
});

describe('browsing ten thousand events', () => {
  const resources = new AsyncDisposableStack();
  let scratch: Database;
  beforeAll(async () => {
    // Of its own: so many events would be in the way of other tests. One connection, because it counts its reads.
    scratch = await createScratchWithTables(resources, 1);
  });
  afterAll(() => resources.disposeAsync());

  it('reads about a page from an index in its order, however it is filtered, and each word from another index', async () => {
    const firstMs = Date.UTC(2030, 0, 1);
    const events = Array.from({ length: 10_000 }, (_, at) => ({
      event_id: `event-${String(at).padStart(5, '0')}`,
      venue_id: at % 100 === 0 ? 'here' : 'elsewhere',
      venue_name: 'A hall',
      name: at % 100 === 0 ? 'Rare play' : 'Play',
      currency: 'USD',
      on_sale_at: new Date(firstMs + at * 60_000),
      tickets_per_buyer: null,
      hold_ms: null,
    }));
    const zone = { name: 'Floor', capacity: 100, price: '1', currency: 'USD' };
    for (let at = 0; at < events.length; at += 1_000) {
      const lot = events.slice(at, at + 1_000);
      await scratch.insertInto('events').values(lot).execute();
      const zones = lot.flatMap(({ event_id }) => [1, 2].map((zone_id) => ({ ...zone, event_id, zone_id })));
      await scratch.insertInto('event_zones').values(zones).execute();
      const words = lot.flatMap(({ event_id, name }) => searchedWords(name).map((word) => ({ word, event_id })));
      await scratch.insertInto('event_words').values(words).execute();
    }
    await sql`analyze table events, event_words, event_zones`.execute(scratch);
    const reads = async () => {
      const { rows } = await sql<{ Value: string }>`show session status like 'Handler_read%'`.execute(scratch);
      return rows.reduce((sum, { Value }) => sum + Number(Value), 0);
    };
    const readsOf = async (wanted: Parameters<typeof browseEvents>[1], found: number) => {
      const before = await reads();
      const after = { beginsAtMs: firstMs + 5_000 * 60_000, eventId: 'x' };
      expect(await browseEvents(scratch, wanted, { after, limit: 51 })).toHaveLength(found);
      return (await reads()) - before;
    };
    expect(await readsOf({ words: [] }, 51)).toBeLessThan(400);
    expect(await readsOf({ words: [], venueId: 'here' }, 49)).toBeLessThan(400);
    expect(await readsOf({ words: [], untilMs: firstMs + 5_010 * 60_000 }, 9)).toBeLessThan(400);
    expect(await readsOf({ words: [], state: 'scheduled' }, 51)).toBeLessThan(400);
    expect(await readsOf({ words: ['rare'] }, 49)).toBeLessThan(1_200);
    expect(await readsOf({ words: ['pl'], state: 'scheduled' }, 51)).toBeLessThan(25_000);
    expect(await readsOf({ words: ['ra', 'play'] }, 49)).toBeLessThan(25_000);
    expect(await readsOf({ words: ['nothinglikethis'] }, 0)).toBeLessThan(100);
  });

  it('looks through so many at most for those with places left, and goes on from there', async () => {
    const scratchApp = await testQueryApp({ db: scratch, redis });
    const wanted = await open({ venueId: unique('venue') });
    const eventOf = (event_id: string, at: number) => ({
      ...{
        event_id,
        venue_id: 'many',
        venue_name: 'A hall',
        name: 'Play',
        currency: 'USD',
        tickets_per_buyer: null,
        hold_ms: null,
      },
      on_sale_at: new Date(Date.UTC(2030, 0, 1) + at * 60_000),
    });
    // Redis knows only two of them: the second and the last.
    const ids = Array.from({ length: 1_200 }, (_, at) => unique(`event${at}`));
    const last = await open({ venueId: unique('venue') });
    ids[1] = wanted;
    ids[1_199] = last;
    await scratch.insertInto('events').values(ids.map(eventOf)).execute();
    const zones = ids.map((event_id) => ({ event_id, zone_id: 1, name: 'Floor', capacity: 4, price: '1', currency: 'USD' }));
    await scratch.insertInto('event_zones').values(zones).execute();
    const pages: string[][] = [];
    const read = async (url: string): Promise<string | undefined> => {
      const reply = await scratchApp.inject({ url });
      pages.push(idsOf({ body: reply.json() }));
      return /<([^>]+)>/.exec(String(reply.headers.link ?? ''))?.[1];
    };
    let next = await read('/query/api/v1/events?venueId=many&availability=available&limit=1');
    while (next !== undefined) next = await read(next);
    expect(pages).toEqual([[wanted], [], [], [last]]);
  });
});
