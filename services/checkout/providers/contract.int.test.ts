import { randomUUID } from 'node:crypto';
import { afterAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { providersAt, startTestPayments } from '../../../scripts/testing/payments.ts';
import { type NewPayment, type Payment, type Provider, ProviderAway, ProviderRefused, WebhookForged } from './provider.ts';

const resources = new AsyncDisposableStack();
afterAll(() => resources.disposeAsync());

const { payments, providers, deliveries } = await startTestPayments(resources);
const impatient = providersAt(payments.url, 100);
beforeEach(() => {
  payments.faults.clear();
  deliveries.length = 0;
});

const wish = (changes: Partial<NewPayment> = {}): NewPayment => ({
  checkoutId: randomUUID(),
  attempt: 1,
  amountMinor: 12_050,
  currency: 'EUR',
  description: 'Two tickets',
  email: 'ann@shop.example',
  returnUrl: 'http://127.0.0.1/checkout/return/1?token=abc',
  ...changes,
});

const waitFor = <T>(condition: () => T | Promise<T>) => vi.waitFor(condition, { timeout: 100_000, interval: 10 });

async function all<T>(list: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const thing of list) found.push(thing);
  return found;
}

describe.each(['stripe', 'paypal'] as const)('the provider %s', (name) => {
  const provider: Provider = providers[name];

  async function paid(changes: Partial<NewPayment> = {}): Promise<Payment> {
    const { ref } = await provider.create(wish(changes));
    payments.act(ref, 'succeed');
    return await provider.retrieve(ref);
  }
  const captured = async () => await provider.capture((await paid()).ref);
  const refundOf = (ref: string, amountMinor: number, refundId: string = randomUUID()) =>
    provider.refund({ refundId, ref, amountMinor, currency: 'EUR' });

  it('creates a payment that the buyer goes on with, and knows whom it is for', async () => {
    const { checkoutId } = wish();
    const payment = await provider.create(wish({ checkoutId, attempt: 3 }));
    expect(payment).toMatchObject({
      state: name === 'stripe' ? 'created' : 'requires_action',
      amountMinor: 12_050,
      currency: 'EUR',
      capturedMinor: 0,
      refundedMinor: 0,
      checkoutId,
      attempt: 3,
    });
    expect(payment.actionUrl).toContain(`/pay/${payment.ref}`);
    expect(payment.clientSecret !== undefined).toBe(name === 'stripe');
    expect(await provider.retrieve(payment.ref)).toMatchObject({ state: payment.state, checkoutId, attempt: 3 });
  });

  it('creates the payment of an attempt once, however often it is asked', async () => {
    const asked = wish();
    const created = await Promise.all([provider.create(asked), provider.create(asked), provider.create(asked)]);
    expect(new Set(created.map(({ ref }) => ref)).size).toBe(1);
    expect((await provider.create({ ...asked, attempt: 2 })).ref).not.toBe(created[0]?.ref);
  });

  it.each([
    ['JPY', 500],
    ['KWD', 1_230],
    ['HUF', 750_000],
  ])('keeps an amount of %s', async (currency, amountMinor) => {
    const { ref } = await provider.create(wish({ currency, amountMinor }));
    expect(await provider.retrieve(ref)).toMatchObject({ currency, amountMinor });
  });

  it('authorizes what the buyer pays, and captures it once', async () => {
    const { ref, state } = await paid();
    expect(state).toBe('authorized');
    const [one, other] = await Promise.all([provider.capture(ref), provider.capture(ref)]);
    expect([one.state, other.state]).toEqual(['captured', 'captured']);
    expect(await provider.capture(ref)).toMatchObject({ state: 'captured', capturedMinor: 12_050 });
    expect(payments.journal.payments.get(ref)?.captured).toBe(12_050);
  });

  it('captures nothing that is not authorized', async () => {
    const { ref, state } = await provider.create(wish());
    expect(await provider.capture(ref)).toMatchObject({ state, capturedMinor: 0 });
    payments.act(ref, 'decline');
    expect(await provider.capture(ref)).toMatchObject({ state: 'failed', capturedMinor: 0 });
  });

  it('says why a payment was declined, and that is no error', async () => {
    const { ref } = await provider.create(wish());
    payments.act(ref, 'decline', { code: 'insufficient_funds' });
    const declineCode = name === 'stripe' ? 'insufficient_funds' : 'INSTRUMENT_DECLINED';
    expect(await provider.retrieve(ref)).toMatchObject({ state: 'failed', declineCode });
  });

  it('knows a payment that is being processed, and what became of it', async () => {
    const { ref } = await provider.create(wish());
    payments.act(ref, 'process');
    expect(await provider.retrieve(ref)).toMatchObject({ state: 'processing' });
    payments.act(ref, 'succeed');
    expect(await provider.retrieve(ref)).toMatchObject({ state: 'authorized' });
  });

  it('says of a payment that is processed that it cannot be cancelled yet', async () => {
    const { ref } = await provider.create(wish());
    payments.act(ref, 'process');
    await provider.retrieve(ref);
    expect(await provider.cancel(ref)).toMatchObject({ state: 'processing' });
  });

  it('cancels a payment that it could not cancel before', async () => {
    const { ref } = await provider.create(wish());
    payments.act(ref, 'process');
    await provider.retrieve(ref);
    await provider.cancel(ref);
    payments.act(ref, 'succeed');
    expect(await provider.cancel(ref)).toMatchObject({ state: 'voided' });
  });

  it('cancels an authorized payment for good', async () => {
    const { ref } = await paid();
    expect(await provider.cancel(ref)).toMatchObject({ state: 'voided' });
    expect(await provider.cancel(ref)).toMatchObject({ state: 'voided' });
    expect(await provider.capture(ref)).toMatchObject({ state: 'voided', capturedMinor: 0 });
  });

  it.each(['create', 'decline', 'require-action'] as const)(
    'cancels a payment after %s so that it can never be paid any more',
    async (act) => {
      const { ref } = await provider.create(wish());
      if (act !== 'create') payments.act(ref, act);
      expect((await provider.cancel(ref)).state).toBe('voided');
      payments.act(ref, 'succeed');
      expect((await provider.retrieve(ref)).state).toBe('voided');
      expect((await provider.capture(ref)).state).toBe('voided');
    },
  );

  it('leaves a payment alone that was paid in the last moment, if told so', async () => {
    const { ref } = await provider.create(wish());
    payments.act(ref, 'succeed');
    expect((await provider.cancel(ref, { unless: 'authorized' })).state).toBe('authorized');
    expect((await provider.retrieve(ref)).state).toBe('authorized');
    const unpaid = await provider.create(wish());
    expect((await provider.cancel(unpaid.ref, { unless: 'authorized' })).state).toBe('voided');
  });

  it('returns a captured payment when it is too late to cancel', async () => {
    const { ref } = await captured();
    expect(await provider.cancel(ref)).toMatchObject({ state: 'captured', capturedMinor: 12_050 });
  });

  it('knows an authorization that has expired', async () => {
    const { ref } = await paid();
    payments.act(ref, 'expire');
    expect((await provider.retrieve(ref)).state).toBe('voided');
    expect((await provider.capture(ref)).state).toBe('voided');
  });

  it('refunds a part once, however often it is asked, and then the rest', async () => {
    const { ref } = await captured();
    const refundId = randomUUID();
    const refunds = await Promise.all([refundOf(ref, 2_050, refundId), refundOf(ref, 2_050, refundId)]);
    const again = await refundOf(ref, 2_050, refundId);
    expect(new Set([...refunds, again].map((refund) => refund.ref)).size).toBe(1);
    expect(again).toMatchObject({ paymentRef: ref, amountMinor: 2_050, currency: 'EUR', state: 'done', refundId });
    expect(await provider.retrieve(ref)).toMatchObject({ state: 'captured', capturedMinor: 12_050, refundedMinor: 2_050 });
    await refundOf(ref, 10_000);
    expect(await provider.retrieve(ref)).toMatchObject({ refundedMinor: 12_050 });
  });

  it('refunds once even after the provider has forgotten the key', async () => {
    const { ref } = await captured();
    const refundId = randomUUID();
    const refund = await refundOf(ref, 1_000, refundId);
    payments.journal.replies.clear();
    expect((await refundOf(ref, 1_000, refundId)).ref).toBe(refund.ref);
    expect((await provider.retrieve(ref)).refundedMinor).toBe(1_000);
  });

  it('refuses to refund what was not captured, or more than was', async () => {
    const authorized = await paid();
    await expect(refundOf(authorized.ref, 100)).rejects.toThrow(ProviderRefused);
    const { ref } = await captured();
    await expect(refundOf(ref, 12_051)).rejects.toThrow(ProviderRefused);
    expect((await provider.retrieve(ref)).refundedMinor).toBe(0);
  });

  it('knows a refund that waits, and what became of it', async () => {
    const { ref } = await captured();
    payments.act(ref, 'hold-refunds');
    const refund = await refundOf(ref, 5_000);
    expect(refund.state).toBe('pending');
    expect((await provider.retrieve(ref)).refundedMinor).toBe(5_000);
    payments.settleRefund(refund.ref, 'failed');
    expect(await provider.retrieveRefund(refund.ref)).toMatchObject({ ...refund, state: 'failed' });
    expect((await provider.retrieve(ref)).refundedMinor).toBe(0);
  });

  it('knows a refund that was made at the dashboard', async () => {
    const { ref } = await captured();
    payments.act(ref, 'refund', { amount: 700 });
    const [made] = payments.journal.refundsOf(ref);
    const refund = await provider.retrieveRefund(made?.ref ?? '');
    expect(refund).toMatchObject({ paymentRef: ref, amountMinor: 700, state: 'done' });
    expect(refund.refundId).toBeUndefined();
  });

  it('knows a dispute', async () => {
    const { ref } = await captured();
    expect((await provider.retrieve(ref)).dispute).toBeUndefined();
    payments.act(ref, 'dispute', { status: 'lost' });
    expect(await provider.retrieve(ref)).toMatchObject({ state: 'captured', dispute: 'lost' });
  });

  it('refuses what does not exist', async () => {
    for (const ask of [provider.retrieve, provider.capture, provider.cancel, provider.retrieveRefund])
      await expect(ask('unknown')).rejects.toThrow(ProviderRefused);
  });

  describe('when something goes wrong', () => {
    const steps = {
      capture: { from: paid, run: provider.capture, to: 'captured' },
      cancel: { from: paid, run: (ref: string) => provider.cancel(ref), to: 'voided' },
    } as const;

    /** Repeats a call until it has an answer, as the saga does. */
    async function untilAnswered<T>(call: () => Promise<T>): Promise<{ result: T; failures: number }> {
      for (let failures = 0; failures < 5; failures++) {
        try {
          return { result: await call(), failures };
        } catch (error) {
          expect(error).toBeInstanceOf(ProviderAway);
        }
      }
      return expect.fail('It never answered');
    }

    it.each(['away', 'unavailable', 'error', 'error-after', 'lost-reply'] as const)(
      '%s: creates one payment all the same',
      async (kind) => {
        const asked = wish();
        payments.faults.add({ kind, provider: name, step: 'create', count: 1 });
        const { result, failures } = await untilAnswered(() => provider.create(asked));
        expect(failures).toBe(1);
        const made = [...payments.journal.payments.values()].filter(({ metadata }) =>
          JSON.stringify(metadata).includes(asked.checkoutId),
        );
        expect(made.map(({ ref }) => ref)).toEqual([result.ref]);
      },
    );

    it.each(
      (['capture', 'cancel'] as const).flatMap((step) =>
        (['away', 'unavailable', 'error', 'error-after', 'lost-reply'] as const).map((kind) => [step, kind] as const),
      ),
    )('%s, %s: reaches its end all the same', async (step, kind) => {
      const { from, run, to } = steps[step];
      const { ref } = await from();
      payments.faults.add({ kind, provider: name, step, count: 1 });
      const { result, failures } = await untilAnswered(() => run(ref));
      expect([result.state, failures]).toEqual([to, 1]);
      expect(payments.journal.payments.get(ref)?.state).toBe(to);
    });

    it.each(['away', 'unavailable', 'error', 'error-after', 'lost-reply'] as const)(
      '%s: refunds once all the same',
      async (kind) => {
        const { ref } = await captured();
        payments.faults.add({ kind, provider: name, step: 'refund', count: 1 });
        const refundId = randomUUID();
        const { failures } = await untilAnswered(() => refundOf(ref, 3_000, refundId));
        expect(failures).toBe(1);
        expect(payments.journal.refundsOf(ref).map(({ amount }) => amount)).toEqual([3_000]);
      },
    );

    it('gives up a request that takes too long', async () => {
      const { ref } = await paid();
      payments.faults.add({ kind: 'slow', provider: name, step: 'retrieve', ms: 60_000, count: 1 });
      await expect(impatient[name].retrieve(ref)).rejects.toThrow(ProviderAway);
    });

    it('says nothing secret', async () => {
      const secrets = /known-to-everybody|ann@shop|_secret_|Bearer/;
      const asked = wish();
      payments.faults.add({ kind: 'error', provider: name, step: 'create', count: 1 });
      const failed = await provider.create(asked).catch((error) => error);
      await provider.create(asked);
      const errors = [
        failed,
        await provider.create({ ...asked, amountMinor: 1 }).catch((error) => error),
        await provider.retrieve('unknown').catch((error) => error),
        await provider.readWebhook(Buffer.from('{"email":"ann@shop"}'), {}).catch((error) => error),
      ];
      for (const error of errors) {
        expect(error).toBeInstanceOf(Error);
        expect(`${error.message} ${error.stack} ${JSON.stringify(error)} ${error.cause}`).not.toMatch(secrets);
      }
    });
  });

  it('lists payments and refunds that are new, or that something happened to', async () => {
    const old = await captured();
    const made = payments.journal.payments.get(old.ref);
    const sinceMs = Date.now() - 60_000;
    // As if it was older than what is asked for.
    if (made) payments.journal.commit({ payments: [{ ...made, createdOn: sinceMs - 3_600_000 }] });
    const paidNow = await paid();
    const capturedNow = await captured();
    const refund = await refundOf(capturedNow.ref, 100);
    payments.act(old.ref, 'dispute');
    const listed = await all(provider.listPayments(sinceMs));
    const refs = listed.map(({ ref }) => ref);
    expect(refs).toEqual(expect.arrayContaining([paidNow.ref, capturedNow.ref, old.ref]));
    expect(new Set(refs).size).toBe(refs.length);
    expect(listed.find(({ ref }) => ref === capturedNow.ref)).toMatchObject({ state: 'captured', refundedMinor: 100 });
    expect(await all(provider.listRefunds(sinceMs))).toContainEqual(refund);
  });

  it('lists all of more payments than fit on a page', async () => {
    const sinceMs = Date.now();
    const refs = await Promise.all(Array.from({ length: 110 }, async () => (await paid()).ref));
    const listed = await all(provider.listPayments(sinceMs));
    expect(listed.map(({ ref }) => ref)).toEqual(expect.arrayContaining(refs));
  });

  it.each([{}, { unless: 'authorized' as const }])(
    'never has a payment authorized that was cancelled at the same moment: %j',
    async (options) => {
      const outcomes = await Promise.all(
        Array.from({ length: 20 }, async () => {
          const { ref } = await provider.create(wish());
          const [cancelled] = await Promise.all([
            provider.cancel(ref, options),
            provider.retrieve(ref),
            (async () => payments.act(ref, 'succeed'))(),
            provider.retrieve(ref),
          ]);
          return [cancelled.state, (await provider.retrieve(ref)).state];
        }),
      );
      for (const [told, is] of outcomes) expect(is).toBe(told);
    },
  );

  describe('webhooks', () => {
    /** That we created a payment is none. */
    const isNews = ({ body }: { body: Buffer }) => !body.includes('FORGED') && !body.includes('payment_intent.created');
    const noticesOf = async () =>
      await Promise.all(
        deliveries
          .filter((delivery) => delivery.provider === name)
          .map(({ body, headers }) => provider.readWebhook(body, headers)),
      );

    it('are about the payment and the refund', async () => {
      const { ref } = await captured();
      const refund = await refundOf(ref, 500);
      payments.act(ref, 'dispute');
      const about = name === 'stripe' ? { refundRef: refund.ref, paymentRef: ref } : { refundRef: refund.ref };
      await waitFor(async () => {
        const notices = await noticesOf();
        expect(notices).toContainEqual(expect.objectContaining(about));
        const type = name === 'stripe' ? 'payment_intent.succeeded' : 'PAYMENT.CAPTURE.COMPLETED';
        expect(notices).toContainEqual(expect.objectContaining({ type, paymentRef: ref }));
        const dispute = name === 'stripe' ? 'charge.dispute.created' : 'CUSTOMER.DISPUTE.CREATED';
        expect(notices).toContainEqual(expect.objectContaining({ type: dispute, paymentRef: ref }));
      });
    });

    it('are forged if a byte, the signature or the secret is another, or there is none', async () => {
      payments.faults.add({ kind: 'webhooks-forged', provider: name, count: 1 });
      const { ref } = await paid();
      const { forged, right } = await waitFor(() => {
        const ofIt = deliveries.filter(({ body }) => body.includes(ref));
        const [isForged, isRight] = [ofIt.find(({ body }) => body.includes('FORGED')), ofIt.find(isNews)];
        if (!isForged || !isRight) return expect.fail('There were too few');
        return { forged: isForged, right: isRight };
      });
      const signature = name === 'stripe' ? 'stripe-signature' : 'paypal-transmission-sig';
      const attempts: [Buffer, typeof right.headers][] = [
        [forged.body, forged.headers],
        [Buffer.from(`${right.body} `), right.headers],
        [right.body, { ...right.headers, [signature]: `${right.headers[signature]}x` }],
        [right.body, { ...right.headers, [signature]: undefined }],
        [right.body, { ...right.headers, [signature]: [String(right.headers[signature])] }],
        [Buffer.from(''), right.headers],
      ];
      for (const [body, headers] of attempts) await expect(provider.readWebhook(body, headers)).rejects.toThrow(WebhookForged);
      expect(await provider.readWebhook(right.body, right.headers)).toMatchObject({ paymentRef: ref });
    });
  });
});
