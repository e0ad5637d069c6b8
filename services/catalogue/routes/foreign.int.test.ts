import type { InjectOptions } from 'fastify';
import { beforeAll, describe, expect, it } from 'vitest';
import { testCatalogueApp } from '../../../scripts/testing/apps.ts';
import { sampleOf } from '../../../scripts/testing/sample.ts';
import { db, redis, unique } from '../../../scripts/testing/stores.ts';
import { accountWith, asAccount } from '../../../scripts/testing/tokens.ts';
import { askForJob } from '../jobs/jobs.ts';

const app = await testCatalogueApp({ db, redis });

/** The owner of all that the tests ask for, and an admin of another organiser. */
const [mine, theirs] = [unique('mine'), unique('theirs')];
const [me, stranger] = [
  await asAccount(accountWith({ [mine]: ['admin'] })),
  await asAccount(accountWith({ [theirs]: ['admin'] })),
];

const zones = [{ zoneId: 1, name: 'Floor', capacity: 10, price: '10.00' }];
const fileOf = (eventId: string, event: object = {}, rest: object = { zones }) => ({
  venue: { venueId: 'Hall', name: 'The hall' },
  event: { eventId, name: 'A play', onSaleAt: '2026-01-01T10:00Z', currency: 'EUR', ...event },
  ...rest,
});

async function send(method: string, url: string, headers: Record<string, string>, payload?: unknown) {
  const body = payload === undefined ? {} : { payload: payload as InjectOptions['payload'] };
  const reply = await app.inject({ method: method as 'GET', url, headers, ...body } as InjectOptions);
  return { status: reply.statusCode, headers: reply.headers, text: reply.body };
}

/** What there is of the owner, and as long an id that there is not. */
const [draft, published, hall, venue, none] = ['draft', 'event', 'halls', 'venue', 'nones'].map(unique) as [
  ...[string, string, string, string, string],
];
beforeAll(async () => {
  const api = '/catalogue/api/v1';
  const creations = [
    await send('PUT', `${api}/events/${draft}`, me, fileOf(draft)),
    await send('PUT', `${api}/events/${published}?publish=true`, me, fileOf(published)),
    await send('PUT', `${api}/halls/${hall}`, me, { name: 'Hall', zones }),
    await send('PUT', `${api}/venues/${venue}`, me, { name: 'Venue' }),
  ];
  expect(creations.map(({ status }) => status)).toEqual([201, 201, 201, 201]);
  await askForJob(db, { eventId: published, organiserId: mine }, { kind: 'cancel', principal: 'me' });
});

const routes = app.guardedRoutes.flatMap(({ methods, url, schema }) =>
  methods
    .filter((method) => method !== 'HEAD' && /:\w+Id/.test(url))
    .map((method) => ({ name: `${method} ${url}`, method, url, schema })),
);
type Route = (typeof routes)[number];

/** Asks for an id of the owner, as its admin or as another's. */
async function ask({ method, url, schema }: Route, id: string, headers: Record<string, string>) {
  const known = (name: string): unknown => ({ eventId: none, organiserId: mine, zones })[name];
  const query = new URLSearchParams(sampleOf(schema?.querystring, known) as Record<string, string> | undefined);
  const path = url.replace(/:\w+/, id);
  const answer = await send(method, query.size > 0 ? `${path}?${query}` : path, headers, sampleOf(schema?.body, known));
  const { 'x-request-id': _id, date: _date, ...shown } = answer.headers;
  return { status: answer.status, headers: shown, text: answer.text.replaceAll(id, 'ID') };
}

/** Ids of events are those of all organisers, so this creates the one that there is not. */
const creates = 'PUT /catalogue/api/v1/events/:eventId';

describe.each(routes.filter(({ name }) => name !== creates).map((route) => [route.name, route] as const))(
  '%s',
  (_name, route) => {
    const existing = () => {
      if (route.url.includes(':eventId')) return [draft, published];
      return [route.url.includes(':hallId') ? hall : venue];
    };

    it('answers to an admin of another organiser as if there were nothing', async () => {
      const toNone = await ask(route, none, stranger);
      expect([403, 404]).toContain(toNone.status);
      for (const id of existing()) expect(await ask(route, id, stranger)).toEqual(toNone);
    });
  },
);

it("names a foreign organiser's hall in vain, whether there is such a hall or not", async () => {
  const answers = [];
  for (const named of [hall, none]) {
    const eventId = unique('event');
    const file = fileOf(eventId, { organiserId: mine }, { hall: named });
    const foreign = await send('PUT', `/catalogue/api/v1/events/${eventId}`, stranger, file);
    answers.push([foreign.status, foreign.text]);
    const own = await send('PUT', `/catalogue/api/v1/events/${eventId}`, me, file);
    expect(own.status).toBe(named === hall ? 201 : 400);
    // An own event that is to become the other's.
    const moved = unique('event');
    await send('PUT', `/catalogue/api/v1/events/${moved}`, stranger, fileOf(moved));
    const patch = { event: { organiserId: mine }, zones: null, hall: named };
    const patched = await send('PATCH', `/catalogue/api/v1/events/${moved}`, { ...stranger, 'if-match': '*' }, patch);
    answers.push([patched.status, patched.text]);
  }
  expect(new Set(answers.map((answer) => JSON.stringify(answer)))).toEqual(new Set([JSON.stringify(answers[0])]));
  expect(answers[0]?.[0]).toBe(403);
});

it('creates an event only under an id that nobody has, drafts of others included, and does not show them', async () => {
  const url = `/catalogue/api/v1/events/${draft}`;
  const refused = await send('PUT', url, stranger, fileOf(draft));
  expect(refused).toMatchObject({ status: 404, text: expect.stringContaining('EVENT_NOT_FOUND') });
  expect(await send('PUT', url, { ...stranger, 'if-match': '"7"' }, fileOf(draft))).toMatchObject({ status: 404 });
});

it('names an organiser that is no text as a fault', async () => {
  const eventId = unique('event');
  const reply = await send('PUT', `/catalogue/api/v1/events/${eventId}`, me, fileOf(eventId, { organiserId: 5 }));
  expect(reply).toMatchObject({ status: 400, text: expect.stringContaining('#/event/organiserId') });
});
