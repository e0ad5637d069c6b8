import { createHmac, randomUUID } from 'node:crypto';
import { SendMessageCommand } from '@aws-sdk/client-sqs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { freePort } from '../../../scripts/local/free-ports.ts';
import { localPaymentKeys } from '../../../scripts/local/payments/local-keys.ts';
import { testCheckoutApp } from '../../../scripts/testing/apps.ts';
import { asPayerOf, startTestCheckout } from '../../../scripts/testing/checkout.ts';
import { get, inParallel, post } from '../../../scripts/testing/http.ts';
import { refAt } from '../../../scripts/testing/payments.ts';
import { silentLogger } from '../../../scripts/testing/silent-logger.ts';
import { depth, receive, sqs } from '../../../scripts/testing/stores.ts';
import { connectDatabase } from '../../shared/stores/database.ts';
import { ProviderAway } from '../providers/provider.ts';
import { claimDue, keepNotice, readInboxBacklog } from './inbox.ts';
import { createSettleNotice } from './settle-notice.ts';

let resources: AsyncDisposableStack;
beforeEach(() => {
  resources = new AsyncDisposableStack();
});
afterEach(() => resources.disposeAsync());

/** A system that does nothing by itself, for all tests that only look at what it accepts. */
let quiet: System;
const ofAll = new AsyncDisposableStack();
beforeAll(async () => {
  quiet = await startTestCheckout(ofAll, { isAwake: false });
});
afterAll(() => ofAll.disposeAsync());

type System = Awaited<ReturnType<typeof startTestCheckout>>;
const email = 'ann@example.com';
const waitFor = <T>(condition: () => T | Promise<T>) => vi.waitFor(condition, { timeout: 100_000, interval: 50 });

/** A checkout that waits for its buyer, and the provider's id of the payment. */
async function begin(system: System, provider: 'stripe' | 'paypal' = 'stripe') {
  const holdId = await system.hold(await system.openEvent());
  const { body } = await post(`${system.base}/checkout/api/v1/checkouts`, { holdId, email, provider });
  const { payUrl } = body['payment'] as { payUrl: string };
  return { checkoutId: String(body['checkoutId']), holdId, ref: refAt(payUrl) };
}
const read = async (system: System, checkoutId: string) =>
  (await get(`${system.base}/checkout/api/v1/checkouts/${checkoutId}`, asPayerOf(checkoutId))).body;
const inbox = (system: System) => system.db.selectFrom('provider_inbox').selectAll().execute();
const untilStatus = (system: System, checkoutId: string, status: string) =>
  waitFor(async () => expect(await read(system, checkoutId)).toMatchObject({ status }));

/** A webhook of Stripe, signed with a secret at a time. */
function signed(
  object: object,
  { secret = localPaymentKeys.STRIPE_WEBHOOK_SECRET, atMs = Date.now(), type = 'payment_intent.succeeded' } = {},
) {
  const id = `evt_${randomUUID()}`;
  const body = JSON.stringify({ id, object: 'event', type, data: { object } });
  const seconds = Math.floor(atMs / 1_000);
  const mac = createHmac('sha256', secret).update(`${seconds}.${body}`).digest('hex');
  return { id, body, signature: `t=${seconds},v1=${mac}` };
}
const intent = (ref: string, checkoutId: string) => ({
  ...{ id: ref, object: 'payment_intent', status: 'succeeded', amount: 10_000, amount_received: 10_000, currency: 'usd' },
  metadata: { checkoutId, attempt: '1' },
});
const deliver = async ({ base }: System, { body, signature }: { body: string; signature?: string }, provider = 'stripe') => {
  const headers = { 'content-type': 'application/json', ...(signature !== undefined && { 'stripe-signature': signature }) };
  const response = await fetch(`${base}/checkout/webhooks/${provider}`, { method: 'POST', headers, body });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
};

describe('webhooks', () => {
  it.each(['webhooks-doubled', 'webhooks-shuffled', 'webhooks-late', 'webhooks-forged'] as const)(
    'that come as %s lead to one order, which is paid once',
    async (kind) => {
      const system = await startTestCheckout(resources);
      system.payments.faults.add({ kind, ms: 1_000 });
      const begun = [await begin(system), await begin(system, 'paypal')];
      for (const { ref } of begun) system.payments.act(ref, 'succeed');
      for (const { checkoutId } of begun) await untilStatus(system, checkoutId, 'paid');
      await waitFor(async () => {
        const rows = await inbox(system);
        expect(rows.length).toBeGreaterThan(2);
        expect(rows.filter(({ due_on }) => due_on !== null)).toEqual([]);
      });
      const attempts = await system.db.selectFrom('payment_attempts').select(['state', 'captured']).execute();
      expect(attempts).toEqual(begun.map(() => ({ state: 'captured', captured: '100.0000' })));
      expect(await system.db.selectFrom('refunds').selectAll().execute()).toEqual([]);
      expect((await inbox(system)).filter(({ provider_event_id: id }) => id.includes('FORGED'))).toEqual([]);
      if (kind === 'webhooks-forged') await waitFor(() => expect(system.counts.get('forged')).toBeGreaterThan(0));
    },
  );

  it('are kept once, however often and however many at a time they come, and answered with 200 each time', async () => {
    const { ref, checkoutId } = await begin(quiet);
    const webhook = signed(intent(ref, checkoutId));
    const answers = await inParallel(Array(20).fill(webhook), 20, (one) => deliver(quiet, one));
    expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(200));
    const rows = (await inbox(quiet)).filter(({ provider_event_id: id }) => id === webhook.id);
    expect(rows).toMatchObject([{ provider: 'stripe', type: 'payment_intent.succeeded', payment_ref: ref, refund_ref: null }]);
    await waitFor(async () => expect((await depth(quiet.messaging.queueUrl))[0]).toBeGreaterThan(0));
  });

  it('are not believed: one that claims a success that the provider does not know of changes nothing', async () => {
    const system = await startTestCheckout(resources);
    const { ref, checkoutId } = await begin(system);
    const webhook = signed(intent(ref, checkoutId));
    expect((await deliver(system, webhook)).status).toBe(200);
    await waitFor(async () =>
      expect((await inbox(system)).find(({ provider_event_id: id }) => id === webhook.id)).toMatchObject({
        due_on: null,
        note: null,
      }),
    );
    expect(await read(system, checkoutId)).toMatchObject({ status: 'awaiting_payment', payment: { status: 'created' } });
  });

  it.each([
    ['without a signature', () => ({ ...signed(intent('pi_1', 'x')), signature: undefined })],
    ['signed with another secret', () => signed(intent('pi_1', 'x'), { secret: 'whsec_guessed' })],
    ['signed an hour ago, and replayed now', () => signed(intent('pi_1', 'x'), { atMs: Date.now() - 3_600_000 })],
    ['changed after it was signed', () => ({ ...signed(intent('pi_1', 'x')), body: '{"id":"evt_1","object":"event"}' })],
    ['with a signature that is none', () => ({ ...signed(intent('pi_1', 'x')), signature: 'v1=00' })],
    ['that is empty', () => ({ body: '', signature: 't=1,v1=00' })],
  ])('%s are refused with 400, and nothing is kept', async (_what, make) => {
    const [kept, forged] = [await inbox(quiet), quiet.counts.get('forged') ?? 0];
    const { signature, ...webhook } = make();
    const answer = await deliver(quiet, { ...webhook, ...(signature !== undefined && { signature }) });
    expect(answer).toMatchObject({ status: 400, body: { code: 'WEBHOOK_FORGED' } });
    expect(await inbox(quiet)).toEqual(kept);
    expect(quiet.counts.get('forged')).toBe(forged + 1);
  });

  it('about what is not ours are answered with 200, and forgotten; of unknown providers, and too long ones, refused', async () => {
    const kept = await inbox(quiet);
    const foreign = signed({ id: 'cus_1', object: 'customer' }, { type: 'customer.created' });
    expect((await deliver(quiet, foreign)).status).toBe(200);
    expect(await inbox(quiet)).toEqual(kept);
    expect((await deliver(quiet, foreign, 'bitcoin')).status).toBe(404);
    expect((await deliver(quiet, { body: 'x'.repeat(300_000), signature: 'x' })).status).toBe(413);
  });

  it('that MySQL cannot keep are answered with 503, so that the provider sends them again', async () => {
    const db = connectDatabase(`mysql://u:p@127.0.0.1:${await freePort()}/none`, 1);
    resources.defer(() => db.destroy());
    const app = await testCheckoutApp({ db, providers: quiet.providers });
    resources.defer(() => app.close());
    const { body, signature } = signed(intent('pi_1', 'x'));
    const headers = { 'stripe-signature': signature };
    const answer = await app.inject({ method: 'POST', url: '/checkout/webhooks/stripe', headers, payload: body });
    expect(answer.statusCode).toBe(503);
  });
});

describe('the inbox', () => {
  it('is settled by the sweeper if the queue loses the messages', async () => {
    const system = await startTestCheckout(resources);
    const { ref, checkoutId } = await begin(system);
    const webhook = signed(intent(ref, checkoutId));
    // As a process leaves it that dies before it sends the message.
    await keepNotice(system.db, 'stripe', { eventId: webhook.id, type: 'x', paymentRef: ref }, Date.now() - 60_000);
    await waitFor(async () => expect((await inbox(system)).every(({ due_on }) => due_on === null)).toBe(true));
    expect(await read(system, checkoutId)).toMatchObject({ status: 'awaiting_payment' });
  });

  it('gives each due webhook to one of several processes, and to another one when that has died', async () => {
    const { db } = await startTestCheckout(resources, { isAwake: false });
    const nowMs = Date.now();
    const ids = Array.from({ length: 30 }, (_, at) => `evt_${at}`);
    for (const eventId of ids) await keepNotice(db, 'stripe', { eventId, type: 'x' }, nowMs - 60_000);
    const claims = await inParallel([1, 2, 3], 3, () => claimDue(db, { nowMs, most: 10 }));
    const claimed = claims.flat().map(({ providerEventId }) => providerEventId);
    expect(new Set(claimed).size).toBe(claimed.length);
    const rest = await claimDue(db, { nowMs, most: 100 });
    expect([...claimed, ...rest.map(({ providerEventId }) => providerEventId)].toSorted()).toEqual(ids.toSorted());
    expect(await claimDue(db, { nowMs, most: 100 })).toEqual([]);
    expect(await claimDue(db, { nowMs: nowMs + 61_000, most: 100 })).toHaveLength(30);
    expect(await readInboxBacklog(db, nowMs)).toEqual({ webhooks: 30, oldestSeconds: 60 });
  });

  it('tries for ever while something is away, but gives up what fails otherwise, as a dead letter that can be sent back', async () => {
    const system = await startTestCheckout(resources, { isAwake: false });
    const { db, messaging } = system;
    const { deadLetterQueueUrl } = messaging;
    const settled: string[] = [];
    let failure: Error | undefined;
    const settleNotice = createSettleNotice({
      ...{ db, sqs, deadLetterQueueUrl, clock: Date.now, logger: silentLogger },
      checkouts: {
        settlePayment: async (_provider, ref) => {
          if (failure) throw failure;
          settled.push(ref);
          return undefined;
        },
      },
      refunds: { settleRefund: async () => undefined },
    });
    await keepNotice(db, 'stripe', { eventId: 'evt_1', type: 'x', paymentRef: 'pi_1' }, Date.now() - 60_000);
    const once = async () => {
      await db
        .updateTable('provider_inbox')
        .set({ due_on: new Date(0) })
        .execute();
      for (const row of await claimDue(db, { nowMs: Date.now(), most: 1 })) await settleNotice(row);
    };
    failure = new ProviderAway('Stripe is away');
    for (let times = 0; times < 40; times++) await once();
    expect(await inbox(system)).toMatchObject([{ failures: 40, due_on: expect.any(Date), note: 'ProviderAway: Stripe is away' }]);
    failure = new Error('a bug');
    await once();
    expect(await inbox(system)).toMatchObject([{ due_on: null, note: 'Error: a bug' }]);
    const letters = await receive(deadLetterQueueUrl);
    expect(letters.map(({ Body = '' }) => JSON.parse(Body))).toEqual([{ provider: 'stripe', providerEventId: 'evt_1' }]);
    expect(letters[0]?.MessageAttributes?.['reason']?.StringValue).toBe('Error: a bug');
    expect(settled).toEqual([]);
  });
});

describe('the worker', () => {
  it('makes dead letters of messages that are not about a webhook, and settles the others', async () => {
    const system = await startTestCheckout(resources);
    const { queueUrl, deadLetterQueueUrl } = system.messaging;
    for (const MessageBody of ['nonsense', '{"provider":"bitcoin","providerEventId":"1"}'])
      await sqs.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody }));
    const { ref, checkoutId } = await begin(system);
    system.payments.act(ref, 'succeed');
    await untilStatus(system, checkoutId, 'paid');
    await waitFor(async () => expect((await depth(deadLetterQueueUrl))[0]).toBe(2));
    await waitFor(async () => expect(await depth(queueUrl)).toEqual([0, 0]));
  });
});
