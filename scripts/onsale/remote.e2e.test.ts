import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestService, testFolder } from '../testing/services.ts';
import { project, rowSeats, sell } from '../testing/sold-event.ts';
import { createMessaging, unique, urls } from '../testing/stores.ts';
import { newApiKey } from '../testing/tokens.ts';

const resources = new AsyncDisposableStack();
afterAll(() => resources.disposeAsync());

const { text: apiKey, entry } = newApiKey('main', ['catalogue:write', 'orders:read', 'reports:read']);
const weak = newApiKey('main', ['orders:read']);
let url: string;
beforeAll(async () => {
  // What the catalogue asks of the accounts service.
  const accounts = createServer(({ url: path }, response) => {
    const body = path?.endsWith('/api-keys') ? { keys: [entry, weak.entry] } : { keys: [] };
    response.setHeader('content-type', 'application/json').end(JSON.stringify(body));
  });
  accounts.listen(0, '127.0.0.1');
  await once(accounts, 'listening');
  resources.defer(() => void accounts.close());
  const env = { ACCOUNTS_URL: `http://127.0.0.1:${(accounts.address() as AddressInfo).port}` };
  ({ base: url } = await startTestService('catalogue', await createMessaging(), { resources, env }));
});

/** Runs the command in a folder without .env, and without a terminal. */
async function run(words: string[], env: Record<string, string>) {
  const main = join(import.meta.dirname, 'main.ts');
  const options = { cwd: testFolder(resources), env, extendEnv: false, stdin: 'ignore', reject: false } as const;
  const { stdout: out, stderr, exitCode: code } = await execa(process.execPath, [main, ...words], options);
  return { out, err: stderr.replace(/^Working on .*\n?/, ''), code };
}
const remotely = (...words: string[]) => run(words, { ONSALE_URL: url, ONSALE_API_KEY: apiKey });
const locally = (...words: string[]) => run(words, { REDIS_URL: urls.redisUrl, DATABASE_URL: urls.databaseUrl });

/** Runs it both ways. Neither may change anything. */
async function both(...words: string[]) {
  const [near, far] = await Promise.all([locally(...words), remotely(...words)]);
  expect(far).toEqual(near);
  return far;
}

/** Writes an event file. `zones`: or the id of a hall. */
function write(
  eventId: string,
  event: object = {},
  zones: object[] | string = [{ zoneId: 1, rows: 5, columns: 8, price: '20.00' }],
): string {
  const file = join(testFolder(resources), `${eventId}.json`);
  const document = {
    venue: { venueId: 'House', name: 'The house', timeZone: 'Europe/Vienna' },
    event: { eventId, name: 'A play', onSaleAt: '2026-01-01T10:00', currency: 'EUR', ...event },
    ...(typeof zones === 'string' ? { hall: zones } : { zones }),
  };
  writeFileSync(file, JSON.stringify(document));
  return file;
}

describe('onsale on a remote installation', () => {
  it('opens and changes an event, and leads it through its life, with the same words as on the stores', async () => {
    const eventId = unique('event');
    await both('open', write(eventId), '--dry-run');
    const opened = await remotely('open', write(eventId));
    expect(opened).toMatchObject({ code: 0, err: '', out: expect.stringContaining(`${eventId} opened`) });
    await both('open', write(eventId), '--if-new');
    await both('open', write(eventId, { holdSeconds: 60 }), '--dry-run');
    const smaller = write(eventId, {}, [{ zoneId: 1, rows: 4, columns: 8, price: '20.00' }]);
    await both('open', smaller);
    expect((await remotely('open', smaller, '--yes')).out).toContain(`${eventId} changed`);
    expect(await remotely('block', eventId, '1', 'A', '1-3')).toEqual({ code: 0, err: '', out: '3 seats blocked' });
    expect((await remotely('unblock', eventId, '1', 'A', '3-4')).out).toBe('1 seat back on sale (1 already was)');
    expect((await remotely('pause', eventId)).out).toContain(
      'is now paused: nothing new is sold or held, holds can be confirmed',
    );
    await both('pause', eventId);
    expect((await remotely('resume', eventId)).out).toContain('is now on sale as its times say');
    expect((await remotely('close', eventId, '--yes')).out).toContain('is now closed');
    expect(await remotely('resume', eventId)).toMatchObject({
      code: 1,
      err: expect.stringContaining('is closed, which is for good'),
    });
    await both('show', unique('event'));
  });

  it('opens an event in a hall that the installation has, and says what is wrong with one that it has not', async () => {
    const hallId = unique('hall');
    const zones = [{ zoneId: 1, name: 'Stalls', rows: [{ row: '1', seats: '1-7 _ 8-14' }], price: '20.00' }];
    const headers = { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' };
    const saved = await fetch(`${url}/catalogue/api/v1/halls/${hallId}`, {
      method: 'PUT',
      headers,
      body: JSON.stringify({ name: 'The hall', zones }),
    });
    expect(saved.status).toBe(201);
    const eventId = unique('event');
    const file = write(eventId, {}, hallId);
    expect(await both('open', file, '--dry-run')).toMatchObject({ code: 0, out: expect.stringContaining('1 zone, 14 seats') });
    expect((await both('open', write(eventId, { organiserId: 'main' }, hallId), '--dry-run')).code).toBe(0);
    expect((await remotely('open', file)).out).toContain(`${eventId} opened`);
    expect((await locally('open', file)).out).toContain(`${eventId} unchanged`);
    const shown = await fetch(`${url}/catalogue/api/v1/events/${eventId}`, { headers });
    expect(await shown.json()).toMatchObject({ document: { zones } });

    const unknown = "/hall must be the id of one of the organiser's halls";
    for (const hall of [unique('none'), 'no id', '']) {
      expect(await both('open', write(unique('event'), {}, hall))).toMatchObject({
        code: 1,
        err: expect.stringContaining(unknown),
      });
    }
    expect((await remotely('open', write(unique('event'), { organiserId: 'other' }, hallId))).err).toContain('do not allow this');
  });

  it('shows events, orders and reports exactly as on the stores', async () => {
    const eventId = unique('event');
    await remotely('open', write(eventId));
    const event = { eventId, venueId: 'House' } as Parameters<typeof sell>[0];
    for (let column = 1; column <= 8; column++) await sell(event, rowSeats('A', column), 'Ann');
    await project(event);
    for (const words of [
      ['show', eventId],
      ['show', eventId, '--json'],
      ['orders', eventId],
      ['orders', eventId, '--buyer', 'Ann', '--seat', '1/A/3'],
      ['orders', eventId, '--csv', '-'],
      ['report', eventId],
      ['report', eventId, '--by', 'zone', '--json'],
      ['report', eventId, '--csv'],
    ]) {
      expect((await both(...words)).code).toBe(0);
    }
    // Other tests open events meanwhile.
    const lines = await Promise.all([remotely('list'), locally('list')]);
    const [far, near] = lines.map(({ out }) =>
      out
        .split('\n')
        .find((line) => line.startsWith(eventId))
        ?.replace(/ +/g, ' '),
    );
    expect(far).toContain('8 of 40');
    expect(far).toBe(near);
  });

  it('says what is wrong with the address, the key, its rights or the file', async () => {
    const words = ['list'];
    expect((await run(words, { ONSALE_URL: url })).err).toContain('ONSALE_API_KEY is missing');
    expect((await run(words, { ONSALE_URL: url, ONSALE_API_KEY: 'onsale_x.y' })).err).toContain('does not accept the API key');
    expect((await run(words, { ONSALE_URL: url, ONSALE_API_KEY: weak.text })).err).toContain(
      'These credentials do not allow this',
    );
    expect((await run(words, { ONSALE_URL: 'http://127.0.0.1:1', ONSALE_API_KEY: apiKey })).err).toContain('cannot be reached');
    expect((await run(['--url', url, 'verify', 'Event1'], { ONSALE_API_KEY: apiKey })).err).toContain(
      'works on the stores themselves',
    );
    await both('open', write('!'));
  });
});
