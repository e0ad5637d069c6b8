import { Redis } from 'ioredis';
import { afterAll, describe, expect, it } from 'vitest';
import { testAccountsApp } from '../scripts/testing/accounts.ts';
import { testCatalogueApp, testCheckoutApp, testPurchaseApp, testQueryApp } from '../scripts/testing/apps.ts';
import { createSeats } from '../services/purchase/seats/create-seats.ts';
import { pathTable } from '../services/shared/http/path-table.ts';
import { type ProblemCode, problems } from '../services/shared/http/problems.ts';
import { connectDatabase } from '../services/shared/stores/database.ts';
import { readRequests } from './collection.ts';

const resources = new AsyncDisposableStack();
afterAll(() => resources.disposeAsync());

/** Never connected: the OpenAPI documents need no store. */
const redis = new Redis({ lazyConnect: true });
const db = connectDatabase('mysql://127.0.0.1', 1);
resources.defer(() => db.destroy());

const purchase = await testPurchaseApp({ seats: createSeats({ redis }) });
const query = await testQueryApp({ db, redis });
const accounts = await testAccountsApp({ db });
const catalogue = await testCatalogueApp({ db, redis });
const checkout = await testCheckoutApp({ db });
for (const app of [purchase, query, accounts, catalogue, checkout]) resources.defer(() => app.close());

/** The codes that the collection cannot provoke with the demo events, and what each would need. */
const notProvoked: Partial<Record<ProblemCode, string>> = {
  REQUEST_TIMEOUT: 'a client that sends half a request',
  EXPECTATION_FAILED: 'an Expect, which load balancers answer themselves',
  BUYER_LIMIT_REACHED: 'an event that limits tickets by buyer',
  HOLD_EXPIRED: 'the ten minutes of a hold',
  PAYMENT_OUTDATED: 'the service checkout, twice',
  CHECKOUT_NOT_FOUND: 'a database that has lost a checkout',
  PAYMENT_PENDING: 'a payment that its provider is working on',
  TICKET_REFUNDED: 'an order that was paid through checkout',
  REFUND_TOO_MUCH: 'the same',
  NOTHING_TO_REFUND: 'the same',
  PAID_THROUGH_CHECKOUT: 'the same',
  SIGN_IN_REQUIRED: 'an event for signed-in buyers',
  FORBIDDEN: 'an account or an API key without the right',
  EMAIL_TAKEN: 'two sign-ups, and the links in their mails',
  LAST_ADMIN: 'an account that is an admin',
  SESSION_NOT_FOUND: 'somebody who is signed in',
  SIGN_IN_AGAIN: 'an account without a password',
  PASSWORD_WRONG: 'an account',
  SIGN_IN_NOT_VALID: 'a provider that sends somebody back',
  SIGN_IN_REFUSED: 'the same',
  IDENTITY_LINKED: 'the same',
  LAST_SIGN_IN: 'the same',
  PROVIDER_UNAVAILABLE: 'a provider that is away',
  TOO_MANY_SIGN_INS: 'somebody guessing a password',
  TOO_MANY_API_KEYS: 'a hundred API keys',
  TOO_MANY_INVITATIONS: 'a hundred invitations',
  NOT_ON_SALE: 'an event that is not on sale yet',
  ORIGIN_NOT_ALLOWED: "the operator's page, which is not part of the API",
  TOO_MANY_WRONG_TOKENS: 'somebody guessing the token',
  RATE_LIMITED: 'limits, which a system on one machine has turned off',
  HOLD_LIMIT_REACHED: 'the same',
  CHURN_LIMIT_REACHED: 'the same',
  KEPT_REPLIES_LIMIT_REACHED: 'the same',
  INTERNAL_ERROR: 'a bug of ours',
  BAD_GATEWAY: 'a service that ends during a request',
  GATEWAY_TIMEOUT: 'a service that takes a minute',
  INVENTORY_UNAVAILABLE: 'an unreachable Redis',
  SERVICE_UNAVAILABLE: 'an unreachable store, or an overload',
};

const requests = readRequests();
const requested = requests.map(({ request: { method, url } }) => ({
  method: method.toLowerCase(),
  path: url.replace(/^\{\{baseUrl\}\}/, '').replace(/\?.*$/, ''),
}));

/** Whether a request's path matches a path of the document, which may contain parameters. */
function isAt(path: string, documented: string): boolean {
  const segments = path.split('/');
  const wanted = documented.split('/');
  return segments.length === wanted.length && wanted.every((part, at) => part.startsWith('{') || part === segments[at]);
}

describe('the collection', () => {
  it.each([
    { prefix: '/purchase', app: purchase },
    { prefix: '/query', app: query },
    { prefix: '/accounts', app: accounts },
    { prefix: '/catalogue', app: catalogue },
    { prefix: '/checkout', app: checkout },
  ])('requests every path and method in $prefix/openapi.json', async ({ prefix, app }) => {
    const { paths } = (await app.inject(`${prefix}/openapi.json`)).json<{ paths: Record<string, object> }>();
    const documented = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => ({ method, path })),
    );
    const missing = documented.filter(
      ({ method, path }) => !requested.some((request) => request.method === method && isAt(request.path, path)),
    );
    expect(missing).toEqual([]);
    expect(documented).not.toEqual([]);
  });

  it('requests the health and liveness of each service', () => {
    const paths = Object.values(pathTable).flatMap(({ prefix }) => [`${prefix}/health`, `${prefix}/live`]);
    expect(requested.map(({ path }) => path)).toEqual(expect.arrayContaining(paths));
  });

  it('expects every problem code at least once, except those that it cannot provoke with the demo events', () => {
    const tests = requests.flatMap(({ event }) => event.flatMap(({ script }) => script.exec)).join('\n');
    const unexpected = Object.keys(problems).filter((code) => !tests.includes(`code).to.eql('${code}')`));
    expect(unexpected.toSorted()).toEqual(Object.keys(notProvoked).toSorted());
  });

  it('has a test for every request', () => {
    const untested = requests.filter(({ event }) => !event.some(({ listen }) => listen === 'test'));
    expect(untested).toEqual([]);
  });

  it('gives each request a unique name, because requests that repeat themselves are found by name', () => {
    const names = requests.map(({ name }) => name);
    expect(names).toEqual([...new Set(names)]);
  });
});
