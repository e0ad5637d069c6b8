import { sql } from 'kysely';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { asPayerOf, startTestCheckout } from '../../../scripts/testing/checkout.ts';
import { redis } from '../../../scripts/testing/stores.ts';
import { accountWith, asAccount } from '../../../scripts/testing/tokens.ts';
import { lineRules } from '../../shared/telemetry/logger.ts';

/** Numbers of test cards that providers publish. */
const card = '4242424242424242';
const written = [card, '4242 4242 4242 4242', '4242-4242-4242-4242'];

const resources = new AsyncDisposableStack();
afterAll(() => resources.disposeAsync());
const lines: string[] = [];
let system: Awaited<ReturnType<typeof startTestCheckout>>;
beforeAll(async () => {
  const logger = pino({ level: 'trace', ...lineRules() }, { write: (line: string) => void lines.push(line) });
  system = await startTestCheckout(resources, { logger });
});

/** Everything that MySQL has. */
async function everythingStored(): Promise<string> {
  const { rows } = await sql<{ name: string }>`
    select table_name as name from information_schema.tables where table_schema = database()
  `.execute(system.db);
  const tables = await Promise.all(rows.map(({ name }) => sql`select * from ${sql.id(name)}`.execute(system.db)));
  return JSON.stringify(tables.map((table) => table.rows));
}

it('no number of a card that a request contains, wherever and however, reaches a log, a table, Redis, the queue or a provider', async () => {
  const event = await system.openEvent();
  const holdId = await system.hold(event);
  const api = `${system.base}/checkout/api/v1`;
  const { checkoutId } = await begin({ holdId, email: 'ann@example.com' }, 201);
  const support = { ...(await asAccount(accountWith({ main: ['support'] }))), 'idempotency-key': 'x' };
  const order = '019e1b2c-3d4e-7f50-8a6b-7c8d9e0f1a2b';
  for (const number of written) {
    const fields = [
      { card: { number, cvc: '123' } },
      { number },
      { [number]: '1' },
      { email: `${number}@example.com` },
      { email: number },
      { provider: number },
      { returnUrl: `${system.base}/?card=${encodeURIComponent(number)}` },
      { takesEqual: number },
      { holdId: number },
    ];
    for (const more of fields) await begin({ holdId, email: 'bob@example.com', ...more }, 400);
    for (const body of [{ number }, { provider: number }, number, [number]])
      await send(`${api}/checkouts/${checkoutId}/payments`, body, asPayerOf(checkoutId), 400);
    await send(`${api}/checkouts/${checkoutId}/cancel`, { number }, asPayerOf(checkoutId), 400);
    for (const body of [{ reason: `card ${number}` }, { reason: 'x', amount: number }, { reason: 'x', number }])
      await send(`${api}/orders/${order}/refunds`, body, support, 400);
    await send(`${system.base}/checkout/webhooks/stripe`, { id: number, card: number }, {}, 400);
    const query = new URLSearchParams({ card: number });
    expect((await fetch(`${api}/checkouts/${checkoutId}?${query}`, { headers: asPayerOf(checkoutId) })).status).toBe(400);
    expect((await fetch(`${system.base}/checkout/return/${checkoutId}?${query}`, { redirect: 'manual' })).status).toBe(303);
    expect((await fetch(`${system.base}/checkout/${encodeURIComponent(number)}`)).status).toBe(404);
  }
  // It is text with an escape, in JSON.
  const escaped = await fetch(`${api}/checkouts`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ holdId, email: 'bob@example.com', returnUrl: `${system.base}/${card}` }).replace('4242', '\\u0034242'),
  });
  expect(escaped.status).toBe(400);

  const keys = await redis.keys('*');
  const ofProviders = JSON.stringify([...system.payments.journal.payments.values(), ...system.payments.journal.replies.values()]);
  for (const [where, text] of Object.entries({
    logs: lines.join(''),
    tables: await everythingStored(),
    keys: keys.join('\n'),
    providers: ofProviders,
  })) {
    expect(text.length, where).toBeGreaterThan(0);
    for (const number of written) expect(text, where).not.toContain(number);
    expect(text.replaceAll(/[^\d]/g, ''), where).not.toContain(card);
  }

  async function begin(body: object, status: number) {
    const answer = await send(`${api}/checkouts`, body, {}, status);
    return answer as { checkoutId: string };
  }
});

async function send(url: string, body: unknown, headers: Record<string, string>, status: number): Promise<unknown> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
  const answer: unknown = await response.json();
  expect(response.status, JSON.stringify([body, answer])).toBe(status);
  return answer;
}
