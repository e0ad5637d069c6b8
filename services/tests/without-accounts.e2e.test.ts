import { v7 as uuidv7 } from 'uuid';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { freePorts } from '../../scripts/local/free-ports.ts';
import { secretsOf } from '../../scripts/local/secrets.ts';
import { startSystem } from '../../scripts/local/system.ts';
import { asBuyerOf, orderTokenSecret } from '../../scripts/testing/apps.ts';
import { assertConserved } from '../../scripts/testing/conservation.ts';
import { get, inParallel, post } from '../../scripts/testing/http.ts';
import { testFolder } from '../../scripts/testing/services.ts';
import { db, openTestEvent, redis, seatedZone, urls } from '../../scripts/testing/stores.ts';
import { createTokenIssuer } from '../accounts/tokens/token-issuer.ts';
import { isNeededToSell, pathTable, serviceNames } from '../shared/http/path-table.ts';
import { issuerOf } from '../shared/identity/access-tokens.ts';

let resources: AsyncDisposableStack;
beforeEach(() => {
  resources = new AsyncDisposableStack();
  vi.stubEnv('ORDER_TOKEN_SECRET', orderTokenSecret);
});
afterEach(() => resources.disposeAsync());

const waitFor = (condition: () => Promise<void>) => vi.waitFor(condition, { timeout: 100_000, interval: 100 });
const unneeded = serviceNames.filter((service) => !isNeededToSell(service));

async function start() {
  const ports = await freePorts();
  const said: string[] = [];
  const folder = testFolder(resources);
  const options = { folder, ports, urls, resources, prepare: async () => {} };
  const { others } = await startSystem({ ...options, say: (line) => said.push(line) });
  const issuer = createTokenIssuer({
    db,
    keySecret: secretsOf(folder).ACCOUNTS_KEY_SECRET,
    issuer: issuerOf(`http://localhost:${ports['load-balancer']}`),
  });
  return { base: `http://127.0.0.1:${ports['load-balancer']}`, others, said, issuer };
}

/** As many buyers as there are seats hold one, confirm the hold and cancel the order; every second one buys again. */
async function sellAndCount(base: string, { accessToken }: { accessToken?: string } = {}): Promise<void> {
  const seats = 40;
  const { eventId, venueId } = await openTestEvent({
    zones: [seatedZone(1, 1, seats)],
    ...(accessToken !== undefined && { buyers: 'signed-in' as const }),
  });
  const headers: Record<string, string> = accessToken === undefined ? {} : { authorization: `Bearer ${accessToken}` };
  const buyers = Array.from({ length: seats }, (_, at) => at);
  const wish = { venueId, eventId, zoneId: 1, quantity: 1 };
  await inParallel(buyers, 10, async (buyer) => {
    const hold = await post(`${base}/purchase/api/v1/holds`, wish, headers);
    expect(hold, JSON.stringify(hold.body)).toMatchObject({ status: 201 });
    const order = await post(`${base}/purchase/api/v1/holds/${hold.body['holdId']}/confirm`, {}, headers);
    expect(order, JSON.stringify(order.body)).toMatchObject({ status: 201 });
    const orderId = String(order.body['orderId']);
    const cancelled = await post(
      `${base}/purchase/api/v1/orders/${orderId}/cancel`,
      { eventId },
      { ...headers, ...asBuyerOf(orderId) },
    );
    expect(cancelled).toMatchObject({ status: 200 });
    if (buyer % 2 === 0) expect(await post(`${base}/purchase/api/v1/orders`, wish, headers)).toMatchObject({ status: 201 });
  });
  await waitFor(() => assertConserved(redis, eventId, db));
  const count = (await get(`${base}/query/api/v1/tickets/count/${eventId}`)).body['count'];
  expect(count).toBe(seats / 2);
}

describe('without accounts, catalogue and checkout', { timeout: 300_000 }, () => {
  it('selling goes on, to strangers and to people with a token, when all of their processes are killed (-9), and the system says so', async () => {
    const { base, others, said, issuer } = await start();
    expect(others.map(({ name }) => name)).toEqual(expect.arrayContaining(unneeded));
    const token = await issuer.issue({ accountId: uuidv7(), sessionId: uuidv7(), roles: {} });
    await sellAndCount(base);
    // Purchase knows the key once it has read it from accounts.
    await sellAndCount(base, token);
    for (const service of others) service.kill('SIGKILL');
    await Promise.all(others.map(({ exited }) => exited));
    await sellAndCount(base);
    await sellAndCount(base, token);
    // Another token, which purchase has never seen.
    await sellAndCount(base, await issuer.issue({ accountId: uuidv7(), sessionId: uuidv7(), roles: {} }));
    for (const service of unneeded) {
      expect(said.join('\n')).toContain(`${service} ended unexpectedly. Sales go on without it`);
      expect(await get(`${base}${pathTable[service].prefix}/live`)).toMatchObject({
        status: 503,
        body: { code: 'SERVICE_UNAVAILABLE' },
      });
    }
  });

  it('selling starts even if they cannot, and the system says why', async () => {
    vi.stubEnv('ACCOUNTS_KEY_SECRET', 'too short');
    const { base, others, said } = await start();
    expect(others.map(({ name }) => name)).not.toContain('accounts');
    expect(said.join('\n')).toMatch(/accounts could not be started\. .*\n.*\n.*ACCOUNTS_KEY_SECRET must have/);
    await sellAndCount(base);
  });
});
