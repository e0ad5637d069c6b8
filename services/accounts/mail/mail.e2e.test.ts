import { afterAll, expect, it, vi } from 'vitest';
import { freePorts } from '../../../scripts/local/free-ports.ts';
import { startSystem } from '../../../scripts/local/system.ts';
import { createScratchUrls } from '../../../scripts/testing/scratch-database.ts';
import { testFolder } from '../../../scripts/testing/services.ts';
import { unique } from '../../../scripts/testing/stores.ts';

const resources = new AsyncDisposableStack();
afterAll(() => resources.disposeAsync());

it('a mail that SES refused for a while arrives in the mailbox of "npm start", and its link works', async () => {
  const ports = await freePorts();
  const urls = await createScratchUrls(resources);
  await startSystem({ folder: testFolder(resources), ports, urls, resources, say: () => {}, prepare: async () => {} });
  const base = `http://localhost:${ports['load-balancer']}`;
  const mailbox = `http://localhost:${ports.mailbox}`;
  const send = (method: string, url: string, body: object) =>
    fetch(url, { method, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
  const email = `${unique('ann')}@shop.example`;
  const password = 'a password of this test';

  await send('PUT', `${mailbox}/failure`, { error: 'TooManyRequestsException' });
  expect((await send('POST', `${base}/accounts/api/v1/sign-ups`, { email })).status).toBe(202);
  await vi.waitFor(
    async () => {
      const metrics = await (await fetch(`http://127.0.0.1:${ports['accounts-metrics']}/metrics`)).text();
      expect(metrics).toMatch(/onsale_mail_attempts_total\{[^}]*outcome="retried"[^}]*\} [1-9]/);
    },
    { timeout: 20_000, interval: 100 },
  );
  await fetch(`${mailbox}/failure`, { method: 'DELETE' });
  const link = await vi.waitFor(
    async () => {
      const [message] = (await (await fetch(`${mailbox}/messages?to=${email}`)).json()) as { links: string[] }[];
      return message?.links[0] ?? expect.fail('The mail has not arrived');
    },
    { timeout: 60_000, interval: 100 },
  );
  expect(link).toMatch(new RegExp(`^${base}/accounts/link#welcome=`));
  const token = link.split('=')[1];
  const complete = `${base}/accounts/api/v1/sign-ups/confirmations`;
  expect((await send('POST', complete, { token, password })).status).toBe(204);
  const signedIn = await send('POST', `${base}/accounts/api/v1/sign-ins`, { email, password });
  expect([signedIn.status, await signedIn.json()]).toEqual([200, expect.objectContaining({ expiresIn: 600 })]);
});
