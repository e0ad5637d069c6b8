import { afterAll, expect, it } from 'vitest';
import { asBuyerOf, asOperator, testQueryApp } from '../../../scripts/testing/apps.ts';
import { cancelled, purchasedOrder } from '../../../scripts/testing/purchases.ts';
import { db, openTestEvent, redis, unique } from '../../../scripts/testing/stores.ts';
import { accountWith, asAccount, asKey } from '../../../scripts/testing/tokens.ts';
import { projectDomainEvents } from '../../persistence/projections/project.ts';

const app = await testQueryApp({ db, redis });
afterAll(() => app.close());

type Headers = Record<string, string>;
const get = (url: string, headers: Headers) => app.inject({ url, headers });
const tickets = (...columns: number[]) => columns.map((column) => ({ zoneId: 1, row: 'A', column, priceMinor: 10_000 }));

/** An organiser's event, in which an account has two orders among those of others. */
async function twoOrders() {
  const organiserId = unique('organiser').slice(0, 32);
  const event = await openTestEvent({ organiserId });
  const account = accountWith();
  const buyerId = `account:${account.accountId}`;
  const others = purchasedOrder(event, { sequence: 1, buyerId: `account:${accountWith().accountId}`, tickets: tickets(1) });
  const first = purchasedOrder(event, { sequence: 2, buyerId, tickets: tickets(2, 3) });
  const strangers = purchasedOrder(event, { sequence: 3, tickets: tickets(4) });
  const second = purchasedOrder(event, { sequence: 4, buyerId, tickets: tickets(5) });
  await projectDomainEvents(db, [others, first, strangers, second, cancelled(first, 5)]);
  const idOf = (sale: typeof first) => sale.data.orderId;
  const ids = { first: idOf(first), second: idOf(second), others: idOf(others) };
  return { event, organiserId, buyerId, ids, headers: await asAccount(account) };
}

it("an account's orders are listed, newest first, page by page, and nobody else's", async () => {
  const { ids, headers, buyerId } = await twoOrders();
  const [newest, oldest] = [ids.first, ids.second].toSorted().toReversed();
  const all = await get('/query/api/v1/me/orders', headers);
  expect(all.json()).toEqual([
    expect.objectContaining({ orderId: newest, buyerId }),
    expect.objectContaining({ orderId: oldest, buyerId }),
  ]);
  const statuses = new Map(all.json<{ orderId: string; status: string }[]>().map(({ orderId, status }) => [orderId, status]));
  expect(statuses.get(ids.first)).toBe('CANCELLED');
  const first = await get('/query/api/v1/me/orders?limit=1', headers);
  expect(first.json()).toEqual([expect.objectContaining({ orderId: newest })]);
  const next = /^<([^>]+)>; rel="next"$/.exec(String(first.headers.link))?.[1] ?? '';
  const second = await get(next, headers);
  expect(second.json()).toEqual([expect.objectContaining({ orderId: oldest })]);
  expect(second.headers.link).toBeUndefined();
});

it("an account's tickets are listed with their orders, page by page, and nobody else's", async () => {
  const { ids, headers } = await twoOrders();
  const found: { orderId: string; column: string }[] = [];
  let url: string | undefined = '/query/api/v1/me/tickets?limit=2';
  while (url !== undefined) {
    const page = await get(url, headers);
    expect(page.statusCode).toBe(200);
    found.push(...page.json<typeof found>());
    url = /^<([^>]+)>; rel="next"$/.exec(String(page.headers.link))?.[1];
  }
  expect(found.map(({ column, orderId }) => [column, orderId])).toEqual([
    ['2', ids.first],
    ['3', ids.first],
    ['5', ids.second],
  ]);
});

it('an account that has bought nothing has empty lists', async () => {
  const headers = await asAccount();
  for (const list of ['orders', 'tickets']) {
    const answer = await get(`/query/api/v1/me/${list}`, headers);
    expect([answer.statusCode, answer.json()]).toEqual([200, []]);
  }
});

it.each(['orders?cursor=x', 'orders?limit=101', 'tickets?cursor=x', 'tickets?buyerId=account:x'])(
  'a list with wrong parameters is refused with 400: %s',
  async (query) => {
    expect((await get(`/query/api/v1/me/${query}`, await asAccount())).statusCode).toBe(400);
  },
);

it("an order is read by the account that bought it, by its token, and by those who may read its organiser's orders", async () => {
  const { ids, headers, organiserId } = await twoOrders();
  const read = async (as: Headers) => {
    const answer = await get(`/query/api/v1/orders/${ids.first}`, as);
    return [answer.statusCode, answer.json<{ code?: string }>().code];
  };
  const support = await asAccount(accountWith({ [organiserId]: ['support'] }));
  for (const allowed of [headers, asBuyerOf(ids.first), support, asKey(organiserId, ['orders:read']), asOperator])
    expect(await read(allowed)).toEqual([200, undefined]);
  const elsewhere = await asAccount(accountWith({ another: ['admin'] }));
  const door = await asAccount(accountWith({ [organiserId]: ['door'] }));
  const others = [elsewhere, door, await asAccount(), asKey('another', ['orders:read']), asKey(organiserId, ['sell']), {}];
  for (const refused of [...others, asBuyerOf(ids.second)]) expect(await read(refused)).toEqual([403, 'ORDER_TOKEN_REQUIRED']);
});

it('whether an order exists is the same to an account that may not read it', async () => {
  const { ids } = await twoOrders();
  const headers = await asAccount(accountWith({ another: ['admin'] }));
  const unknown = ids.first.replace(/.{12}$/, 'ffffffffffff');
  const [one, other] = [
    await get(`/query/api/v1/orders/${ids.first}`, headers),
    await get(`/query/api/v1/orders/${unknown}`, headers),
  ];
  expect([one.statusCode, one.body]).toEqual([other.statusCode, other.body]);
});

it("a list of tickets shows orders to those who may read their event's, and to nobody else", async () => {
  const { event, organiserId, ids, headers } = await twoOrders();
  const ordersSeen = async (as: Headers) => {
    const answer = await get(`/query/api/v1/tickets?eventId=${event.eventId}`, as);
    return answer.json<{ orderId?: string }[]>().flatMap(({ orderId }) => orderId ?? []);
  };
  expect(await ordersSeen(asKey(organiserId, ['orders:read']))).toContain(ids.others);
  expect(await ordersSeen(await asAccount(accountWith({ [organiserId]: ['finance'] })))).toContain(ids.others);
  for (const other of [asKey('another', ['orders:read']), headers, {}]) expect(await ordersSeen(other)).toEqual([]);
});

it("a buyer's tickets are listed for that buyer, and for those who may read the event's orders", async () => {
  const { event, organiserId, buyerId, headers } = await twoOrders();
  const status = async (as: Headers, query: Record<string, string>) =>
    (await app.inject({ url: '/query/api/v1/tickets', query, headers: as })).statusCode;
  const ofEvent = { eventId: event.eventId, buyerId };
  const support = await asAccount(accountWith({ [organiserId]: ['support'] }));
  for (const as of [headers, asOperator]) expect(await status(as, { buyerId })).toBe(200);
  for (const as of [headers, support, asKey(organiserId, ['orders:read'])]) expect(await status(as, ofEvent)).toBe(200);
  expect(await status(support, { buyerId })).toBe(403);
  for (const as of [await asAccount(), asKey('another', ['orders:read'])]) expect(await status(as, ofEvent)).toBe(403);
  expect(await status({}, ofEvent)).toBe(401);
});
