import { afterAll, expect, it } from 'vitest';
import { startTestService } from '../../scripts/testing/services.ts';
import { startSmallServer } from '../../scripts/testing/small-server.ts';
import { createMessaging } from '../../scripts/testing/stores.ts';
import { newApiKey } from '../../scripts/testing/tokens.ts';

const resources = new AsyncDisposableStack();
afterAll(() => resources.disposeAsync());

// On a machine that is too busy, Redis may answer a process after its patience of 0.1 s, which then grants by itself.
const attempts = { retry: 2 };

it('an API key gets its plan once, from all processes of purchase, query and catalogue together', attempts, async () => {
  const key = newApiKey('main', ['orders:read', 'catalogue:read']);
  const accountsUrl = await startSmallServer(({ url = '' }, response) => {
    response.end(JSON.stringify({ keys: url.endsWith('/api-keys') ? [key.entry] : [] }));
  }, resources);
  const messaging = await createMessaging();
  const env = { ACCOUNTS_URL: accountsUrl, API_KEY_PLANS: 'standard=1/6/9, partner=9/9/9, vip=9/9/9' };
  const services = await Promise.all(
    (['purchase', 'query', 'query', 'catalogue'] as const).map(async (service) => {
      const { base } = await startTestService(service, messaging, { resources, env });
      const requests = {
        // An order without anything in it.
        purchase: ['POST', '/purchase/api/v1/orders'],
        query: ['GET', '/query/api/v1/events'],
        catalogue: ['GET', '/catalogue/api/v1/venues'],
      };
      const [method = '', path = ''] = requests[service];
      return { method, url: base + path };
    }),
  );
  const headers = { authorization: `Bearer ${key.text}` };
  const send = async ({ method, url }: { method: string; url: string }) => (await fetch(url, { method, headers })).status;
  const statuses: number[][] = [];
  for (let round = 0; round < 12; round++) statuses.push(await Promise.all(services.map(send)));
  const granted = statuses.flat().filter((status) => status !== 429);
  expect(new Set(granted)).toEqual(new Set([200, 400]));
  expect(granted.length).toBeLessThanOrEqual(9);
  expect(granted.length).toBeGreaterThanOrEqual(6);
});
