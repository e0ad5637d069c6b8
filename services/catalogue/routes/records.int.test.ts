import type { InjectOptions } from 'fastify';
import { describe, expect, it } from 'vitest';
import { testCatalogueApp } from '../../../scripts/testing/apps.ts';
import { db, redis, unique } from '../../../scripts/testing/stores.ts';
import { accountWith, asAccount, asKey } from '../../../scripts/testing/tokens.ts';
import { readRecord, writeRecord } from '../organiser/records.ts';

const app = await testCatalogueApp({ db, redis });

async function send(method: string, url: string, headers: Record<string, string>, payload?: unknown) {
  const body = payload === undefined ? {} : { payload: payload as InjectOptions['payload'] };
  const reply = await app.inject({ method: method as 'GET', url, headers, ...body } as InjectOptions);
  return { status: reply.statusCode, headers: reply.headers, body: reply.body === '' ? undefined : reply.json() };
}

const zones = [
  { zoneId: 1, name: 'Stalls', rows: [{ row: '1', seats: '1-7 _ 8-14' }], category: 'A' },
  { zoneId: 2, name: 'Standing', capacity: 100, price: '10.00' },
];

const kinds = [
  {
    subject: 'venue',
    idName: 'venueId',
    notFound: 'VENUE_NOT_FOUND',
    body: { name: 'The arena', timeZone: 'Europe/Vienna' },
    changed: { name: 'The arena' },
    listed: { name: 'The arena', timeZone: 'Europe/Vienna' },
    changes: ['time_zone'],
    faulty: [
      [{ name: 'x', timeZone: 'Europe/Atlantis' }, '#/timeZone'],
      [{ name: 'two\nlines' }, '#/name'],
      [{ timeZone: 'Europe/Vienna' }, '#/name'],
      [{ name: 'x', city: 'Vienna' }, '#/city'],
    ],
  },
  {
    subject: 'hall',
    idName: 'hallId',
    notFound: 'HALL_NOT_FOUND',
    body: { name: 'The hall', venueId: 'Arena', zones },
    changed: { name: 'The hall', zones: zones.slice(0, 1) },
    listed: { name: 'The hall', venueId: 'Arena' },
    changes: ['venue_id', 'zones'],
    faulty: [
      [{ name: 'x', zones: [{ zoneId: 1, rows: [{ row: '1', seats: '9-' }], category: 'A' }] }, '#/zones/0/rows/0/seats'],
      [{ name: 'x', zones: [{ zoneId: 0, capacity: 5, price: '1' }] }, '#/zones/0/zoneId'],
      [{ name: 'x', zones: [] }, '#/zones'],
      [{ name: 'x' }, '#/zones'],
      [{ name: 'x', zones, venueId: 'not an id' }, '#/venueId'],
      [{ name: 'x', zones: [{ zoneId: 1, rows: 'many' }, null, 5] }, '#/zones/1'],
    ],
  },
] as const;

describe.each(kinds)('the $subjects of an organiser', ({ subject, idName, notFound, body, changed, listed, changes, faulty }) => {
  const list = `/catalogue/api/v1/${subject}s`;
  const pathOf = (id: string) => `${list}/${id}`;
  const owner = async (organiserId = unique('org')) => ({
    organiserId,
    headers: await asAccount(accountWith({ [organiserId]: ['organiser'] })),
  });

  it('are created, read, changed and deleted, each time as the version that was read', async () => {
    const { organiserId, headers } = await owner();
    const id = unique(subject);
    const path = pathOf(id);
    const head = { [idName]: id, organiserId };
    expect(await send('GET', path, headers)).toMatchObject({ status: 404, body: { code: notFound } });
    expect(await send('DELETE', path, headers)).toMatchObject({ status: 404, body: { code: notFound } });
    expect(await send('PUT', path, { ...headers, 'if-match': '"1"' }, body)).toMatchObject({ status: 412 });

    const created = await send('PUT', path, { ...headers, 'if-none-match': '*' }, body);
    expect(created).toMatchObject({ status: 201, headers: { etag: '"1"', location: path } });
    expect(created.body).toEqual({ ...head, version: 1, ...listed });
    expect((await send('GET', path, headers)).body).toEqual({ ...head, version: 1, ...body });
    expect(await send('PUT', path, { ...headers, 'if-none-match': '*' }, changed)).toMatchObject({ status: 412 });
    expect(await send('PUT', path, headers, changed)).toMatchObject({ status: 428, headers: { etag: '"1"' } });

    const again = await send('PUT', path, { ...headers, 'if-match': '"1"' }, body);
    expect(again).toMatchObject({ status: 200, headers: { etag: '"1"' } });
    const second = await send('PUT', path, { ...headers, 'if-match': '"1"' }, changed);
    expect(second).toMatchObject({ status: 200, headers: { etag: '"2"' }, body: { version: 2 } });
    expect((await send('GET', path, headers)).body).toEqual({ ...head, version: 2, ...changed });

    for (const stale of ['"1"', '"3"']) {
      expect(await send('PUT', path, { ...headers, 'if-match': stale }, body)).toMatchObject({ status: 412 });
      expect(await send('DELETE', path, { ...headers, 'if-match': stale })).toMatchObject({ status: 412 });
    }
    expect(await send('DELETE', path, headers)).toMatchObject({ status: 428 });
    expect((await send('GET', path, headers)).body).toMatchObject({ version: 2 });
    expect((await send('DELETE', path, { ...headers, 'if-match': '"2"' })).status).toBe(204);
    expect(await send('GET', path, headers)).toMatchObject({ status: 404 });

    const lines = await db
      .selectFrom('catalogue_audit')
      .select(['action', 'organiser_id', 'changes'])
      .where('subject', '=', subject)
      .where('subject_id', '=', id)
      .orderBy('audit_id')
      .execute();
    expect(lines.map(({ changes: of, ...line }) => ({ ...line, changes: JSON.parse(of) as unknown }))).toEqual([
      { action: 'create', organiser_id: organiserId, changes: [] },
      { action: 'change', organiser_id: organiserId, changes },
      { action: 'delete', organiser_id: organiserId, changes: [] },
    ]);
  });

  it('lose no change: of many at a time one is done, and one creates', async () => {
    const { headers } = await owner();
    const path = pathOf(unique(subject));
    const all = async (extra: Record<string, string>) => {
      const replies = await Promise.all(
        Array.from({ length: 8 }, (_, at) =>
          send('PUT', path, { ...headers, ...extra }, { ...body, name: `Name ${at} ${extra['if-match']}` }),
        ),
      );
      return replies.map(({ status }) => status).toSorted();
    };
    expect(await all({ 'if-none-match': '*' })).toEqual([201, ...Array.from({ length: 7 }, () => 412)]);
    expect(await all({ 'if-match': '"1"' })).toEqual([200, ...Array.from({ length: 7 }, () => 412)]);
    expect((await send('GET', path, headers)).body).toMatchObject({ version: 2 });
    const deletions = await Promise.all(Array.from({ length: 4 }, () => send('DELETE', path, { ...headers, 'if-match': '"2"' })));
    expect(deletions.filter(({ status }) => status === 204)).toHaveLength(1);
    for (const { status } of deletions) expect([204, 404, 412]).toContain(status);
  });

  it('are listed by id, page by page, without what is long; and a bad cursor is refused', async () => {
    const { organiserId, headers } = await owner();
    const ids = Array.from({ length: 5 }, (_, at) => unique(`${subject}${at}`));
    for (const id of ids.toReversed()) expect((await send('PUT', pathOf(id), headers, body)).status).toBe(201);
    const seen: unknown[] = [];
    for (let url: string | undefined = `${list}?limit=2`; url !== undefined; ) {
      const page = await send('GET', url, headers);
      expect(page.body.length).toBeLessThanOrEqual(2);
      seen.push(...page.body);
      url = /<([^>]+)>/.exec(String(page.headers.link ?? ''))?.[1];
    }
    expect(seen).toEqual(ids.map((id) => ({ [idName]: id, organiserId, version: 1, ...listed })));
    for (const cursor of ['x', Buffer.from('[1]').toString('base64url'), Buffer.from('["a","b"]').toString('base64url')]) {
      expect(await send('GET', `${list}?cursor=${cursor}`, headers)).toMatchObject({
        status: 400,
        body: { code: 'INVALID_REQUEST' },
      });
    }
  });

  it.each(faulty as readonly (readonly [given: object, pointer: string])[])('name the fault of %j', async (given, pointer) => {
    const { headers } = await owner();
    const path = pathOf(unique(subject));
    const refused = await send('PUT', path, headers, given);
    expect(refused).toMatchObject({ status: 400, body: { code: 'INVALID_REQUEST' } });
    const pointers = (refused.body.errors as { pointer?: string }[]).map((error) => error.pointer);
    expect(pointers).toContain(pointer);
    expect(await send('GET', path, headers)).toMatchObject({ status: 404 });
  });

  it("are each organiser's own: another one may have the same id, and sees and changes only its own", async () => {
    const [one, other] = [await owner(), await owner()];
    const path = pathOf(unique(subject));
    await send('PUT', path, one.headers, body);
    expect(await send('GET', path, other.headers)).toMatchObject({ status: 404 });
    expect((await send('PUT', path, other.headers, { ...body, name: 'Mine' })).status).toBe(201);
    expect((await send('GET', path, one.headers)).body).toMatchObject({ organiserId: one.organiserId, name: body.name });
    expect((await send('DELETE', path, { ...other.headers, 'if-match': '*' })).status).toBe(204);
    expect(await send('GET', path, one.headers)).toMatchObject({ status: 200 });
    const foreign = `${path}?organiserId=${one.organiserId}`;
    for (const [method, url] of [
      ['GET', foreign],
      ['PUT', foreign],
      ['DELETE', foreign],
      ['GET', `${list}?organiserId=${one.organiserId}`],
    ] as const) {
      const payload = method === 'PUT' ? body : undefined;
      expect(await send(method, url, { ...other.headers, 'if-match': '*' }, payload)).toMatchObject({ status: 403 });
    }
  });

  it('are read, but not changed, with a key that may only read', async () => {
    const { organiserId, headers } = await owner();
    const reader = asKey(organiserId, ['catalogue:read']);
    const path = pathOf(unique(subject));
    expect(await send('PUT', path, reader, body)).toMatchObject({ status: 403 });
    await send('PUT', path, headers, body);
    expect(await send('GET', path, reader)).toMatchObject({ status: 200 });
    expect(await send('GET', list, reader)).toMatchObject({ status: 200, body: [listed] });
    expect(await send('DELETE', path, { ...reader, 'if-match': '*' })).toMatchObject({ status: 403 });
  });

  it('are as they were if a change is meant for another version when it is written', async () => {
    const { organiserId, headers } = await owner();
    const id = unique(subject);
    await send('PUT', pathOf(id), headers, body);
    const key = { subject, organiserId, id };
    const before = await readRecord(db, key);
    const write = writeRecord(db, key, { ...before?.fields, name: 'Late' }, { principal: 'Ann', expected: 7 });
    await expect(write).rejects.toThrow();
    expect(await readRecord(db, key)).toEqual(before);
    expect(await readRecord(db, { ...key, organiserId: unique('org') })).toBeUndefined();
  });
});

it('an event copies the zones of a hall, and keeps them when the hall changes and goes', async () => {
  const organiserId = unique('org');
  const headers = await asAccount(accountWith({ [organiserId]: ['admin'] }));
  const [hallId, eventId] = [unique('hall'), unique('event')];
  const hall = `/catalogue/api/v1/halls/${hallId}`;
  await send('PUT', hall, headers, { name: 'Hall', zones });
  const event = `/catalogue/api/v1/events/${eventId}`;
  const file = {
    venue: { venueId: 'Arena', name: 'The arena' },
    event: { eventId, name: 'A play', onSaleAt: '2026-01-01T10:00Z', currency: 'EUR' },
    categories: [{ categoryId: 'A', price: '20' }],
    hall: hallId,
  };
  expect(await send('PUT', event, headers, file)).toMatchObject({ status: 201 });
  await send('PUT', hall, { ...headers, 'if-match': '"1"' }, { name: 'Hall', zones: zones.slice(1) });
  expect((await send('DELETE', hall, { ...headers, 'if-match': '*' })).status).toBe(204);
  expect((await send('GET', event, headers)).body.document.zones).toEqual(zones);
  expect(await send('PUT', event, { ...headers, 'if-match': '*' }, file)).toMatchObject({
    status: 400,
    body: { errors: [{ pointer: '#/hall' }] },
  });
});
