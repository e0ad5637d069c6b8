import type { InjectOptions } from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testAccountsApp } from '../../scripts/testing/accounts.ts';
import { asOperator, testCatalogueApp, testCheckoutApp, testPurchaseApp, testQueryApp } from '../../scripts/testing/apps.ts';
import { sampleOf } from '../../scripts/testing/sample.ts';
import { seats } from '../../scripts/testing/seats.ts';
import { db, openTestEvent, redis, unique } from '../../scripts/testing/stores.ts';
import { accountWith, asAccount, asKey, asService } from '../../scripts/testing/tokens.ts';
import type { ServiceName } from '../shared/http/path-table.ts';
import type { GuardedRoute } from '../shared/identity/identify-principals.ts';
import { may, mayAnywhere, type Operation, operations } from '../shared/identity/permissions.ts';
import { type Principal, roles, scopes } from '../shared/identity/principal.ts';

const apps = {
  purchase: await testPurchaseApp({ seats }),
  query: await testQueryApp({ db, redis }),
  accounts: await testAccountsApp({ db }),
  catalogue: await testCatalogueApp({ db, redis }),
  checkout: await testCheckoutApp({ db }),
} satisfies Partial<Record<ServiceName, unknown>>;
afterAll(async () => void (await Promise.all(Object.values(apps).map((app) => app.close()))));

/** Two organisers; every event of the tests is the first one's. */
const [owner, other] = [unique('owner').slice(0, 32), unique('other').slice(0, 32)];
let event: Awaited<ReturnType<typeof openTestEvent>>;
beforeAll(async () => {
  event = await openTestEvent({ organiserId: owner });
});

type Service = keyof typeof apps;
type Sender = { name: string; principal: Principal; headersFor: (service: Service) => object | Promise<object> };

const account = (held: Record<string, (typeof roles)[number][]>) => {
  const given = accountWith(held);
  const principal: Principal = { kind: 'account', accountId: given.accountId, sessionId: '', roles: held };
  return { principal, headersFor: () => asAccount(given) };
};
const key = (organiserId: string, scope: (typeof scopes)[number]) => {
  const principal: Principal = { kind: 'key', keyId: '', organiserId, scopes: [scope], plan: 'standard' };
  return { principal, headersFor: () => asKey(organiserId, [scope]) };
};

/** A sender of each kind: members and keys of an organiser, and those who belong to none. */
const sendersOf = (organiserId: string): Sender[] => [
  ...roles.map((role) => ({ name: `${role} of ${organiserId}`, ...account({ [organiserId]: [role] }) })),
  ...scopes.map((scope) => ({ name: `a key of ${organiserId} for ${scope}`, ...key(organiserId, scope) })),
];
const independent: Sender[] = [
  { name: 'a stranger', principal: { kind: 'stranger' }, headersFor: () => ({}) },
  { name: 'a buyer', ...account({}) },
  { name: 'the operator', principal: { kind: 'operator' }, headersFor: () => asOperator },
  ...(['purchase', 'catalogue', 'checkout'] as const).map((service) => ({
    name: `the service ${service}`,
    principal: { kind: 'service', service } as const,
    headersFor: (target: Service) => asService(service, target),
  })),
];

type Route = { service: Service; method: string; operation: Operation } & Pick<GuardedRoute, 'url' | 'schema'>;
const routes: Route[] = Object.entries(apps).flatMap(([service, app]) =>
  app.guardedRoutes.flatMap(({ methods, operation, ...route }) =>
    methods
      .filter((method) => method !== 'HEAD' && operation !== undefined)
      .map((method) => ({ service: service as Service, method, operation: operation as Operation, ...route })),
  ),
);
const named = routes.map((route) => [`${route.method} ${route.url}`, route] as const);

/** Values for a route's parameters and body: of the first organiser's event where they name one, and valid in any case. */
const zones = [{ zoneId: 1, name: 'Floor', capacity: 10, price: '10.00' }];
const known = (name: string): unknown => ({ eventId: event.eventId, venueId: event.venueId, organiserId: owner, zones })[name];

async function send({ service, method, url, schema }: Route, { headersFor }: Sender) {
  const params = sampleOf(schema?.params, known) as Record<string, unknown> | undefined;
  const query = new URLSearchParams(sampleOf(schema?.querystring, known) as Record<string, string> | undefined);
  const search = query.size > 0 ? `?${query}` : '';
  const path = url.replaceAll(/:(\w+)/g, (_whole, name: string) =>
    encodeURIComponent(String(params?.[name] ?? known(name) ?? 'x')),
  );
  const payload = sampleOf(schema?.body, known) as InjectOptions['payload'];
  return await apps[service].inject({
    method: method as 'GET',
    url: path + search,
    headers: (await headersFor(service)) as Record<string, string>,
    ...(payload !== undefined && { payload }),
  });
}

const codeOf = (answer: { body: string }) =>
  answer.body.startsWith('{') ? (JSON.parse(answer.body) as { code?: string }).code : undefined;

it('every route of the APIs has an operation, and there are such of every service', () => {
  for (const [service, app] of Object.entries(apps)) {
    const open = app.guardedRoutes.filter(({ operation }) => operation === undefined).map(({ url }) => url);
    expect(
      open.filter((url) => /\/(api|internal)\//.test(url)),
      service,
    ).toEqual([]);
  }
  expect(new Set(routes.map(({ service }) => service)).size).toBeGreaterThan(1);
});

/** What is wrong with the answers to some senders. */
async function faultsOf(
  route: Route,
  senders: Sender[],
  isRight: (answer: [status: number, code: string | undefined], sender: Sender) => boolean,
) {
  const faults: string[] = [];
  for (const sender of senders) {
    const answer = await send(route, sender);
    const code = codeOf(answer);
    if (!isRight([answer.statusCode, code], sender)) faults.push(`${sender.name}: ${answer.statusCode} ${code}`);
  }
  return faults;
}

describe.each(named)('%s', (_name, route) => {
  it('lets in all that the table names, and refuses all others with 401 or 403', async () => {
    const faults = await faultsOf(route, [...independent, ...sendersOf(owner)], ([status, code], { principal }) => {
      if (mayAnywhere(principal, route.operation)) return status !== 500 && code !== 'NOT_SIGNED_IN' && code !== 'FORBIDDEN';
      return principal.kind === 'stranger' ? status === 401 && code === 'NOT_SIGNED_IN' : status === 403 && code === 'FORBIDDEN';
    });
    expect(faults).toEqual([]);
  });

  const others = sendersOf(other).filter(({ principal }) => may(principal, route.operation, other));
  const rule = operations[route.operation];
  if ('everyone' in rule || 'accounts' in rule || others.length === 0 || !concernsOrganiser(route)) return;

  it("refuses what is another organiser's, even to those who may do it at their own", async () => {
    expect(await faultsOf(route, others, ([status]) => status === 403 || status === 404)).toEqual([]);
  });
});

/** Whether a route is about one organiser's things: it names an event or an organiser. Venues and halls have names for each organiser. */
function concernsOrganiser({ url, schema }: Route): boolean {
  const named = [schema?.body, schema?.querystring].flatMap((part) =>
    Object.keys((part as { properties?: object })?.properties ?? {}),
  );
  return /:(eventId|organiserId)/.test(url) || named.includes('eventId') || named.includes('organiserId');
}
