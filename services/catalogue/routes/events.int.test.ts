import type { InjectOptions } from 'fastify';
import { describe, expect, it } from 'vitest';
import { testCatalogueApp } from '../../../scripts/testing/apps.ts';
import { rowSeats, sell } from '../../../scripts/testing/sold-event.ts';
import { db, redis, unique } from '../../../scripts/testing/stores.ts';
import { accountWith, asAccount, asKey } from '../../../scripts/testing/tokens.ts';
import type { Role } from '../../shared/identity/principal.ts';
import { readInventory } from '../../shared/inventory/inventory.ts';
import { inventoryKey } from '../../shared/inventory/keys.ts';
import { readSaleState } from '../../shared/inventory/set-state.ts';

const app = await testCatalogueApp({ db, redis });

const asMember = (organiserId: string, role: Role) => asAccount(accountWith({ [organiserId]: [role] }));
const account = accountWith({ main: ['admin'] });
const main = await asAccount(account);
const pathOf = (eventId: string, rest = '') => `/catalogue/api/v1/events/${eventId}${rest}`;

const fileOf = (eventId: string, changes: object = {}, event: object = {}) => ({
  venue: { venueId: 'Hall', name: 'The hall', timeZone: 'Europe/Vienna' },
  event: { eventId, name: 'A play', onSaleAt: '2026-01-01T10:00', currency: 'EUR', ...event },
  zones: [{ zoneId: 1, rows: 10, columns: 10, price: '20.00' }],
  ...changes,
});

async function send(
  method: 'GET' | 'PUT' | 'POST' | 'PATCH' | 'DELETE',
  url: string,
  options: Omit<InjectOptions, 'method' | 'url'> = {},
) {
  const { headers = main, ...rest } = options;
  const reply = await app.inject({ method, url, headers, ...rest });
  return { status: reply.statusCode, headers: reply.headers, body: reply.body === '' ? {} : reply.json(), text: reply.body };
}

const put = (
  eventId: string,
  body: object,
  { query = '', headers = {} }: { query?: string; headers?: Record<string, string> } = {},
) => send('PUT', pathOf(eventId, query), { body, headers: { ...main, ...headers } });

const published = async (file: (eventId: string) => object = fileOf) => {
  const eventId = unique('event');
  const { status } = await put(eventId, file(eventId), { query: '?publish=true' });
  expect(status).toBe(201);
  return eventId;
};

describe('PUT of an event', () => {
  it('creates a draft that nobody sees until it is published, and gives back exactly the file', async () => {
    const eventId = unique('event');
    const created = await put(eventId, fileOf(eventId), { headers: { 'if-none-match': '*' } });
    expect(created).toMatchObject({
      status: 201,
      headers: { etag: '"1"', location: pathOf(eventId) },
      body: { eventId, organiserId: 'main', state: 'draft', version: 1, outcome: 'opened', changes: [], takes: [] },
    });
    expect(await readInventory(redis, eventId)).toBeUndefined();
    const read = await send('GET', pathOf(eventId));
    expect(read).toMatchObject({ status: 200, headers: { etag: '"1"' }, body: { state: 'draft', version: 1 } });
    const file = fileOf(eventId);
    expect(read.body.document).toEqual({ ...file, event: { ...file.event, organiserId: 'main' } });

    const publish = await send('POST', pathOf(eventId, '/publish'));
    expect(publish).toMatchObject({
      status: 200,
      headers: { etag: '"2"' },
      body: { state: 'published', version: 2, outcome: 'opened' },
    });
    expect(await readSaleState(redis, eventId)).toBe('published');
    expect(await send('POST', pathOf(eventId, '/publish'))).toMatchObject({
      status: 200,
      body: { version: 2, outcome: 'unchanged' },
    });
    expect((await send('GET', pathOf(eventId))).body.document).toEqual(read.body.document);
  });

  it('answers the differences to a dry run, and changes nothing', async () => {
    const eventId = await published();
    const changed = fileOf(eventId, {}, { name: 'Another play', holdSeconds: 60 });
    const dry = await put(eventId, changed, { query: '?dryRun=true', headers: { 'if-match': '"1"' } });
    const changes = ['name: "A play" → "Another play"', 'holds last: 600 s → 60 s'];
    expect(dry).toMatchObject({
      status: 200,
      body: { outcome: 'changed', version: 1, changes: expect.arrayContaining(changes) },
    });
    expect((await send('GET', pathOf(eventId))).body).toMatchObject({ version: 1, document: { event: { name: 'A play' } } });
    const done = await put(eventId, changed, { headers: { 'if-match': '"1"' } });
    expect(done).toMatchObject({
      status: 200,
      headers: { etag: '"2"' },
      body: { outcome: 'changed', changes: expect.arrayContaining(changes) },
    });
    const dryNew = await put(unique('event'), fileOf('x'), { query: '?dryRun=true' });
    expect(dryNew.status).toBe(400);
  });

  it('demands the version that is changed, and refuses another one: no update is lost', async () => {
    const eventId = await published();
    const other = fileOf(eventId, {}, { holdSeconds: 60 });
    expect(await put(eventId, other)).toMatchObject({
      status: 428,
      body: { code: 'PRECONDITION_REQUIRED' },
      headers: { etag: '"1"' },
    });
    expect(await put(eventId, other, { headers: { 'if-match': '"2"' } })).toMatchObject({ status: 412 });
    expect(await put(eventId, other, { headers: { 'if-none-match': '*' } })).toMatchObject({ status: 412 });
    for (const header of ['1', 'W/"1"', '"x"', '']) {
      expect(await put(eventId, other, { headers: { 'if-match': header } })).toMatchObject({ status: 400 });
    }
    const racers = await Promise.all(
      Array.from({ length: 10 }, (_, at) =>
        put(eventId, fileOf(eventId, {}, { holdSeconds: 10 + at }), { headers: { 'if-match': '"1"' } }),
      ),
    );
    const statuses = racers.map(({ status }) => status).toSorted();
    expect(statuses[0]).toBe(200);
    // Redis notices some of them first.
    for (const status of statuses.slice(1)) expect([409, 412]).toContain(status);
    expect((await send('GET', pathOf(eventId))).body.version).toBe(2);
    expect(await put(eventId, other, { headers: { 'if-match': '*' } })).toMatchObject({ status: 200 });
    const none = unique('event');
    expect(await put(none, fileOf(none), { headers: { 'if-match': '"1"' } })).toMatchObject({ status: 412 });
    const creators = await Promise.all(
      Array.from({ length: 10 }, () => put(none, fileOf(none), { headers: { 'if-none-match': '*' } })),
    );
    expect(creators.map(({ status }) => status).toSorted()).toEqual([201, ...Array.from({ length: 9 }, () => 412)]);
  });

  it('names every fault with its place in the body, and never fails otherwise', async () => {
    const eventId = unique('event');
    const faulty = fileOf(
      'Other',
      { zones: [{ zoneId: 1, rows: 10, price: '20.001' }], hall: 'None' },
      { currency: 'EURO', onSaleAt: 'soon' },
    );
    const { status, body } = await put(eventId, faulty);
    expect(status).toBe(400);
    const pointers = (body.errors as { pointer: string }[]).map(({ pointer }) => pointer);
    expect(pointers).toEqual(
      expect.arrayContaining(['#/event/eventId', '#/hall', '#/event/currency', '#/event/onSaleAt', '#/zones/0']),
    );
    for (const strange of [
      {},
      { event: null },
      { event: [], venue: 1, zones: {} },
      { zones: [null, 1, 'x'] },
      { hall: {} },
      { event: { eventId: 1 } },
    ]) {
      expect(await put(eventId, strange)).toMatchObject({ status: 400, body: { code: 'INVALID_REQUEST' } });
    }
    expect(
      await send('PUT', pathOf(eventId), { payload: '[]', headers: { ...main, 'content-type': 'application/json' } }),
    ).toMatchObject({ status: 400 });
    const large = { ...fileOf(eventId), $schema: 'x'.repeat(1024 * 1024) };
    expect(await put(eventId, large)).toMatchObject({ status: 413 });
    expect(await send('POST', pathOf(eventId, '/clone'), { body: { eventId: 'x', name: 'x'.repeat(20_000) } })).toMatchObject({
      status: 413,
    });
  });

  it('refuses as a whole what would affect tickets, and withdraws seats from a running sale only if told twice', async () => {
    const eventId = await published();
    await sell({ eventId, venueId: 'Hall' } as Parameters<typeof sell>[0], rowSeats('J', 10));
    const match = { headers: { 'if-match': '"1"' } };
    const smaller = (rows: number) =>
      fileOf(eventId, { zones: [{ zoneId: 1, rows, columns: 10, price: '20.00' }] }, { name: 'Smaller' });
    const refused = await put(eventId, smaller(9), { ...match, query: '?withdraw=true' });
    expect(refused).toMatchObject({
      status: 409,
      body: { code: 'CHANGE_REFUSED', errors: [{ detail: expect.stringContaining('sold') }] },
    });
    const wider = fileOf(eventId, { zones: [{ zoneId: 1, rows: 10, columns: 10, price: '20.00', blocked: { A: '1' } }] });
    expect((await put(eventId, wider, match)).status).toBe(200);
    const narrower = fileOf(eventId, {
      zones: [
        { zoneId: 1, rows: 10, columns: 10, price: '20.00' },
        { zoneId: 2, capacity: 5, price: '1' },
      ],
    });
    expect((await put(eventId, narrower, { headers: { 'if-match': '"2"' } })).status).toBe(200);
    const without = await put(eventId, fileOf(eventId), { headers: { 'if-match': '"3"' } });
    expect(without).toMatchObject({
      status: 409,
      body: { code: 'SALE_AFFECTED', errors: [{ detail: 'withdraws 5 unsold seats' }] },
    });
    expect((await put(eventId, fileOf(eventId), { headers: { 'if-match': '"3"' }, query: '?withdraw=true' })).status).toBe(200);
  });
});

describe('PATCH of an event', () => {
  it('replaces prices, and keeps the rest', async () => {
    const eventId = await published((id) =>
      fileOf(id, { categories: [{ categoryId: 'A', price: '10' }], zones: [{ zoneId: 1, rows: 5, columns: 5, category: 'A' }] }),
    );
    const patch = { categories: [{ categoryId: 'A', price: '12' }], event: { holdSeconds: 90 } };
    const patched = await send('PATCH', pathOf(eventId), { body: patch, headers: { ...main, 'if-match': '"1"' } });
    expect(patched).toMatchObject({
      status: 200,
      body: { changes: expect.arrayContaining(['price of category A: 10.00 EUR → 12.00 EUR']) },
    });
    const { body } = await send('GET', pathOf(eventId));
    expect(body.document).toMatchObject({ ...patch, venue: { name: 'The hall' }, zones: [{ rows: 5 }] });
    const removed = await send('PATCH', pathOf(eventId), {
      body: { event: { holdSeconds: null } },
      headers: { ...main, 'if-match': '*' },
    });
    expect(removed.body.changes).toEqual(['holds last: 90 s → 600 s']);
    expect(await send('PATCH', pathOf(eventId), { body: { venue: null }, headers: { ...main, 'if-match': '*' } })).toMatchObject({
      status: 400,
    });
  });
});

describe('the life of an event', () => {
  it('pauses, resumes and closes it, in both stores', async () => {
    const eventId = await published();
    const act = (what: string, body?: object) => send('POST', pathOf(eventId, `/${what}`), body ? { body } : {});
    expect(await act('pause')).toMatchObject({ status: 200, body: { state: 'paused', outcome: 'changed', version: 2 } });
    expect(await act('pause')).toMatchObject({ status: 200, body: { outcome: 'unchanged', version: 2 } });
    expect(await act('pause', { confirmHolds: false })).toMatchObject({ status: 200, body: { outcome: 'changed', version: 3 } });
    expect(await act('resume')).toMatchObject({ status: 200, body: { state: 'published', version: 4 } });
    const stale = await send('POST', pathOf(eventId, '/close'), { headers: { ...main, 'if-match': '"3"' } });
    expect(stale).toMatchObject({ status: 412 });
    expect(await act('close')).toMatchObject({ status: 200, body: { state: 'closed', version: 5 } });
    expect(await act('resume')).toMatchObject({
      status: 409,
      body: { code: 'EVENT_STATE', detail: `${eventId} is closed, which is for good` },
    });
    expect(await readSaleState(redis, eventId)).toBe('closed');
    const { body } = await send('GET', pathOf(eventId, '/audit'));
    expect(body.map(({ principal, action }: Record<string, string>) => [principal, action])).toEqual([
      [`account:${account.accountId}`, 'close'],
      [`account:${account.accountId}`, 'resume'],
      [`account:${account.accountId}`, 'pause'],
      [`account:${account.accountId}`, 'pause'],
      [`account:${account.accountId}`, 'open'],
    ]);
  });

  it('is written down, and can be read page by page, the newest first', async () => {
    const eventId = await published();
    for (const what of ['pause', 'resume', 'pause', 'close']) await send('POST', pathOf(eventId, `/${what}`));
    const whole = (await send('GET', pathOf(eventId, '/audit'))).body as object[];
    expect(whole).toHaveLength(5);
    const seen: object[] = [];
    let url: string | undefined = pathOf(eventId, '/audit?limit=2');
    while (url !== undefined) {
      const { body, headers } = await send('GET', url);
      expect(body.length).toBeLessThanOrEqual(2);
      seen.push(...body);
      url = /<([^>]+)>/.exec(String(headers.link ?? ''))?.[1];
    }
    expect(seen).toEqual(whole);
    for (const cursor of ['x', Buffer.from('["a"]').toString('base64url')]) {
      expect(await send('GET', pathOf(eventId, `/audit?cursor=${cursor}`))).toMatchObject({
        status: 400,
        body: { errors: [{ parameter: 'cursor' }] },
      });
    }
  });

  it('stands still while Redis has lost the inventory, and once it is archived', async () => {
    const eventId = await published();
    await redis.del(inventoryKey(eventId));
    for (const what of ['pause', 'resume', 'close']) {
      expect(await send('POST', pathOf(eventId, `/${what}`))).toMatchObject({
        status: 503,
        headers: { 'retry-after': '1' },
        body: { code: 'INVENTORY_UNAVAILABLE', detail: expect.stringContaining('has lost the inventory') },
      });
    }
    expect(await send('POST', pathOf(eventId, '/publish'))).toMatchObject({ status: 409, body: { code: 'CHANGE_REFUSED' } });
    expect((await send('GET', pathOf(eventId))).body).toMatchObject({ state: 'published', version: 1 });
    await db.updateTable('events').set({ state: 'archived' }).where('event_id', '=', eventId).execute();
    for (const what of ['pause', 'resume', 'close']) {
      expect(await send('POST', pathOf(eventId, `/${what}`))).toMatchObject({ status: 409, body: { code: 'EVENT_STATE' } });
    }
  });

  it('takes a precondition with If-Match or If-None-Match, but not both, nor a list that does not name its version', async () => {
    const eventId = await published();
    const close = (headers: Record<string, string>) =>
      send('POST', pathOf(eventId, '/close'), { headers: { ...main, ...headers } });
    expect(await close({ 'if-match': '"1"', 'if-none-match': '*' })).toMatchObject({
      status: 400,
      body: { errors: [{ header: 'If-None-Match' }] },
    });
    expect(await close({ 'if-none-match': '"1"' })).toMatchObject({ status: 400 });
    expect(await close({ 'if-match': '"7", "8"' })).toMatchObject({ status: 412, headers: { etag: '"1"' } });
    expect(await close({ 'if-match': '"7", "1"' })).toMatchObject({ status: 200, body: { state: 'closed' } });
  });

  it('refuses what a draft cannot do, and copies an event as a draft', async () => {
    const eventId = await published();
    const [as, again] = [unique('event'), unique('event')];
    const cloned = await send('POST', pathOf(eventId, '/clone'), { body: { eventId: as, name: 'The second evening' } });
    expect(cloned).toMatchObject({
      status: 201,
      headers: { location: pathOf(as) },
      body: { eventId: as, state: 'draft', version: 1 },
    });
    expect((await send('GET', pathOf(as))).body.document.event).toMatchObject({ eventId: as, name: 'The second evening' });
    expect(await send('POST', pathOf(eventId, '/clone'), { body: { eventId: as } })).toMatchObject({
      status: 409,
      body: { code: 'EVENT_EXISTS' },
    });
    expect(await send('POST', pathOf(again, '/clone'), { body: { eventId: as } })).toMatchObject({ status: 404 });
    for (const what of ['pause', 'resume', 'close', 'archive']) {
      expect(await send('POST', pathOf(as, `/${what}`))).toMatchObject({ status: 409, body: { code: 'EVENT_STATE' } });
    }
    expect(await send('POST', pathOf(as, '/cancellation'), { body: { confirm: as } })).toMatchObject({ status: 409 });
    const block = { block: [{ zoneId: 1, row: 'A', seats: '1' }] };
    expect(await send('PATCH', pathOf(as, '/blocked'), { body: block })).toMatchObject({ status: 409 });
  });

  it('blocks and frees seats, all or none, and the file says so', async () => {
    const eventId = await published();
    await sell({ eventId, venueId: 'Hall' } as Parameters<typeof sell>[0], rowSeats('B', 1));
    const change = (body: object, headers = {}) =>
      send('PATCH', pathOf(eventId, '/blocked'), { body, headers: { ...main, ...headers } });
    const row = (row: string, seats: unknown) => ({ zoneId: 1, row, seats });
    expect(await change({ block: [row('A', '1-3'), row('B', ['2', '3'])] })).toMatchObject({
      status: 200,
      body: { count: 5, version: 2 },
    });
    expect(await change({ block: [row('A', '3 4')] })).toMatchObject({ status: 200, body: { count: 1, version: 3 } });
    expect(await change({ block: [row('A', '5'), row('B', '1')] })).toMatchObject({
      status: 409,
      body: { code: 'SEAT_TAKEN', errors: [{ pointer: '#/block/1', detail: 'row B, seat 1 is sold or held' }] },
    });
    expect(await change({ unblock: [row('Z', '1')] })).toMatchObject({ status: 404, body: { code: 'SEAT_NOT_FOUND' } });
    expect(await change({ block: [row('A', '9-')] })).toMatchObject({
      status: 400,
      body: { errors: [{ pointer: '#/block/0/seats' }] },
    });
    expect(await change({ unblock: [row('A', '1-2')] }, { 'if-match': '"2"' })).toMatchObject({ status: 412 });
    expect(await change({ unblock: [row('A', '1-2')] }, { 'if-match': '"3"' })).toMatchObject({
      status: 200,
      body: { count: 2, version: 4 },
    });
    expect((await send('GET', pathOf(eventId))).body.document.zones[0].blocked).toEqual({ A: '3-4', B: '2-3' });
  });
});

describe('organisers', () => {
  it("do not see each other's drafts, and may not change each other's events", async () => {
    const [mine, theirs] = [unique('org'), unique('org')];
    const [me, other] = [await asMember(mine, 'organiser'), await asMember(theirs, 'admin')];
    const eventId = unique('event');
    const created = await send('PUT', pathOf(eventId), { body: fileOf(eventId), headers: me });
    expect(created).toMatchObject({ status: 201, body: { organiserId: mine } });
    const status = 404;
    const tryAll = async () => {
      expect(await send('GET', pathOf(eventId), { headers: other })).toMatchObject({ status });
      expect(await send('PUT', pathOf(eventId), { body: fileOf(eventId), headers: { ...other, 'if-match': '*' } })).toMatchObject(
        { status },
      );
      for (const what of ['publish', 'pause', 'close', 'archive']) {
        expect(await send('POST', pathOf(eventId, `/${what}`), { headers: other })).toMatchObject({ status });
      }
      for (const what of ['orders', 'orders.csv', 'report', 'status', 'audit', 'cancellation']) {
        expect(await send('GET', pathOf(eventId, `/${what}`), { headers: other })).toMatchObject({ status });
      }
      const clone = { body: { eventId: unique('event') }, headers: other };
      expect(await send('POST', pathOf(eventId, '/clone'), clone)).toMatchObject({ status });
    };
    await tryAll();
    expect((await send('GET', '/catalogue/api/v1/events', { headers: me })).body).toMatchObject([{ eventId, state: 'draft' }]);
    expect((await send('GET', '/catalogue/api/v1/events', { headers: other })).body).toEqual([]);
    expect(await send('GET', `/catalogue/api/v1/events?organiserId=${mine}`, { headers: other })).toMatchObject({ status: 403 });
    expect((await send('POST', pathOf(eventId, '/publish'), { headers: me })).status).toBe(200);
    await tryAll();
    const given = fileOf(unique('event'), {}, { organiserId: mine });
    expect(await send('PUT', pathOf(given.event.eventId), { body: given, headers: other })).toMatchObject({ status: 403 });
    expect(
      await send('PUT', pathOf(eventId), {
        body: fileOf(eventId, {}, { organiserId: theirs }),
        headers: { ...me, 'if-match': '*' },
      }),
    ).toMatchObject({
      status: 403,
    });
    expect(await send('POST', pathOf(eventId, '/archive'), { headers: me })).toMatchObject({ status: 403 });
    expect(await send('GET', pathOf(eventId), { headers: asKey(mine, ['orders:read']) })).toMatchObject({ status: 403 });
    expect(await send('GET', pathOf(eventId), { headers: asKey(mine, ['catalogue:read']) })).toMatchObject({ status: 200 });
    expect(await send('GET', pathOf(eventId), { headers: {} })).toMatchObject({ status: 401 });
  });

  it('list their events page by page; a bad cursor is refused', async () => {
    const organiser = unique('org');
    const me = await asMember(organiser, 'organiser');
    const ids = Array.from({ length: 5 }, (_, at) => unique(`event${at}`));
    for (const eventId of ids) await send('PUT', pathOf(eventId), { body: fileOf(eventId), headers: me });
    const seen: string[] = [];
    let url: string | undefined = '/catalogue/api/v1/events?limit=2';
    while (url !== undefined) {
      const { body, headers } = await send('GET', url, { headers: me });
      seen.push(...body.map(({ eventId }: { eventId: string }) => eventId));
      url = /<([^>]+)>/.exec(String(headers.link ?? ''))?.[1];
    }
    expect(seen).toEqual(ids.toSorted());
    for (const cursor of [
      'x',
      'bnVsbA',
      Buffer.from('[1]').toString('base64url'),
      Buffer.from('[-1,"x"]').toString('base64url'),
      Buffer.from('[9e15,"x"]').toString('base64url'),
    ]) {
      expect(await send('GET', `/catalogue/api/v1/events?cursor=${cursor}`, { headers: me })).toMatchObject({ status: 400 });
    }
  });
});
