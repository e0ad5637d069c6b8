import { once } from 'node:events';
import { afterAll, expect, it } from 'vitest';
import WebSocket from 'ws';
import { testQueryApp } from '../../../scripts/testing/apps.ts';
import { db, openTestEvent, redis, unique } from '../../../scripts/testing/stores.ts';
import { accessTokenFor, accountWith, asAccount, asKey, testVerifier } from '../../../scripts/testing/tokens.ts';
import { type Role, roles } from '../../shared/identity/principal.ts';
import type { OpsMessage } from './messages.ts';

const resources = new AsyncDisposableStack();
afterAll(() => resources.disposeAsync());

let nowMs: number | undefined;
const verifier = testVerifier('query', { now: () => nowMs ?? Date.now() });
const app = await testQueryApp({ db, redis, verifier });
resources.defer(() => app.close());
const base = await app.listen({ port: 0, host: '127.0.0.1' });

const newOrganiser = () => unique('organiser').slice(0, 32);
const tokenOf = (organiserId: string, role: Role) => accessTokenFor(accountWith({ [organiserId]: [role] }));
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
const page = (eventId: string, headers: Record<string, string>) =>
  app.inject({ url: '/query/ops', query: eventId === '' ? {} : { eventId }, headers });
const plain = async (eventId: string, headers: Record<string, string>) =>
  (await app.inject({ url: `/query/ops/events/${eventId}`, headers })).json<{ code: string }>().code;

const signIn = (token: string) =>
  app.inject({
    method: 'POST',
    url: '/query/ops/session',
    headers: { 'content-type': 'application/x-www-form-urlencoded', origin: 'http://localhost', host: 'localhost' },
    payload: new URLSearchParams({ token }).toString(),
  });

/** The messages of a viewer's socket; the first one lists the events. */
async function follow(eventId: string, headers: Record<string, string>) {
  const socket = new WebSocket(`${base.replace('http', 'ws')}/query/ops/events/${eventId}`, { headers });
  resources.defer(() => socket.close());
  const [data] = await once(socket, 'message');
  return { socket, first: JSON.parse(String(data)) as Extract<OpsMessage, { type: 'event' }> };
}

it("a member whose role allows it sees the organiser's sales; other roles, buyers and API keys see none", async () => {
  const organiserId = newOrganiser();
  const { eventId } = await openTestEvent({ organiserId });
  const seen: string[] = [];
  for (const role of roles) {
    const headers = bearer(await tokenOf(organiserId, role));
    const [shown, code] = [await page(eventId, headers), await plain(eventId, headers)];
    // INVALID_REQUEST: only the upgrade to a WebSocket was missing.
    if (shown.statusCode === 200 && code === 'INVALID_REQUEST') seen.push(role);
    else expect([shown.statusCode, code]).toEqual([401, 'FORBIDDEN']);
  }
  expect(seen).toEqual(['admin', 'organiser', 'finance', 'support']);
  const { authorization } = await asAccount();
  for (const headers of [{ authorization }, asKey(organiserId, ['reports:read', 'orders:read'])])
    expect([(await page(eventId, headers)).statusCode, await plain(eventId, headers)]).toEqual([401, 'FORBIDDEN']);
});

it("a member sees nothing of another organiser's events: neither sale, nor name, nor the choice of the page", async () => {
  const [own, other] = [newOrganiser(), newOrganiser()];
  const mine = await openTestEvent({ organiserId: own });
  const theirs = await openTestEvent({ organiserId: other });
  const token = await tokenOf(own, 'admin');
  expect(await plain(theirs.eventId, bearer(token))).toBe('EVENT_NOT_FOUND');
  expect(await plain('no-such-event', bearer(token))).toBe('EVENT_NOT_FOUND');
  expect((await page('', bearer(token))).headers.location).toBe(`/query/ops?eventId=${mine.eventId}`);
  const { first } = await follow(mine.eventId, bearer(token));
  expect(first.events.map(({ eventId }) => eventId)).toEqual([mine.eventId]);
});

it('a member signs in with an access token, for as long as it is valid; then the socket is closed', async () => {
  const organiserId = newOrganiser();
  const { eventId } = await openTestEvent({ organiserId });
  const response = await signIn(await tokenOf(organiserId, 'finance'));
  expect(response.statusCode).toBe(303);
  const [member = ''] = [response.headers['set-cookie'] ?? []].flat();
  expect(member).toMatch(/^onsale_ops_member=.*; Max-Age=600; Path=\/query\/ops; HttpOnly; SameSite=Strict$/);
  const cookie = member.split(';')[0] ?? '';
  expect((await page(eventId, { cookie })).statusCode).toBe(200);
  const { socket } = await follow(eventId, { cookie, origin: base });
  const closed = once(socket, 'close');
  nowMs = Date.now() + 620_000;
  expect((await closed)[0]).toBe(1008);
  expect((await page(eventId, { cookie })).statusCode).toBe(401);
  nowMs = undefined;
});

it("an account that may see no sales is told so, and gets no cookie; neither does an API key's", async () => {
  const organiserId = newOrganiser();
  const key = asKey(organiserId, ['reports:read']).authorization.replace('Bearer ', '');
  const refused = [
    [await tokenOf(organiserId, 'door'), 'can give you a role that may: admin, organiser, finance, or support.'],
    [await accessTokenFor(accountWith()), 'Your account may not follow sales.'],
    [key, 'an API key does not open it.'],
  ] as const;
  for (const [token, why] of refused) {
    const response = await signIn(token);
    expect([response.statusCode, response.headers['set-cookie']]).toEqual([401, undefined]);
    expect(response.body).toContain(why);
  }
});

it("signing out takes the operator's and the member's cookie back; the form's address opened again leads to the page", async () => {
  const response = await app.inject({ method: 'DELETE', url: '/query/ops/session' });
  expect(response.statusCode).toBe(204);
  const cleared = [response.headers['set-cookie'] ?? []].flat();
  expect(cleared.map((cookie) => cookie.split('=')[0])).toEqual(['onsale_ops', 'onsale_ops_member']);
  for (const cookie of cleared) expect(cookie).toMatch(/=; Max-Age=0; Path=\/query\/ops;/);
  const again = await app.inject({ url: '/query/ops/session' });
  expect([again.statusCode, again.headers.location]).toEqual([302, '/query/ops']);
});
