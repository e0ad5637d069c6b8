import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkoutTokens, testCheckoutApp } from '../../../scripts/testing/apps.ts';
import { asPayerOf, startTestCheckout } from '../../../scripts/testing/checkout.ts';
import { get, post } from '../../../scripts/testing/http.ts';
import { refAt } from '../../../scripts/testing/payments.ts';

const resources = new AsyncDisposableStack();
afterAll(() => resources.disposeAsync());
let system: Awaited<ReturnType<typeof startTestCheckout>>;
beforeAll(async () => {
  system = await startTestCheckout(resources);
});

const email = 'ann@example.com';
async function begin(more: object = {}) {
  const holdId = await system.hold(await system.openEvent());
  const { body } = await post(`${system.base}/checkout/api/v1/checkouts`, { holdId, email, ...more });
  const { payUrl } = body['payment'] as { payUrl: string };
  return { checkoutId: String(body['checkoutId']), ref: refAt(payUrl), payUrl };
}
const comeBack = async (path: string) => await fetch(`${system.base}/checkout/return/${path}`, { redirect: 'manual' });

describe('the return page', () => {
  it('settles the checkout, and shows it: the token goes into the fragment, which reaches no log', async () => {
    system.payments.faults.add({ kind: 'webhooks-lost' });
    const { checkoutId, ref } = await begin();
    system.payments.act(ref, 'succeed');
    const token = checkoutTokens.tokenOf(checkoutId);
    const answer = await comeBack(`${checkoutId}?checkoutToken=${token}&token=EC-1&PayerID=2`);
    system.payments.faults.clear();
    expect(answer.status).toBe(303);
    expect(answer.headers.get('location')).toBe(`/checkout/pay/${checkoutId}#${token}`);
    expect(answer.headers.get('referrer-policy')).toBe('no-referrer');
    expect(answer.headers.get('cache-control')).toBe('no-store');
    const { body } = await get(`${system.base}/checkout/api/v1/checkouts/${checkoutId}`, asPayerOf(checkoutId));
    expect(body).toMatchObject({ status: 'paid' });
  });

  it("goes on to the shop's page if the checkout has one", async () => {
    const { checkoutId } = await begin({ returnUrl: 'https://shop.example/thanks?x=1' });
    const answer = await comeBack(`${checkoutId}?checkoutToken=${checkoutTokens.tokenOf(checkoutId)}`);
    expect(answer.headers.get('location')).toBe('https://shop.example/thanks?x=1');
  });

  it('does nothing without the token, and does not say where a buyer would go', async () => {
    const { checkoutId } = await begin({ returnUrl: 'https://shop.example/thanks' });
    for (const query of ['', '?checkoutToken=AAAAAAAAAAAAAAAAAAAAAA'])
      expect((await comeBack(checkoutId + query)).headers.get('location')).toBe(`/checkout/pay/${checkoutId}`);
  });

  it('comes back even while the provider is away', async () => {
    const { checkoutId } = await begin();
    system.payments.faults.add({ kind: 'unavailable' });
    const token = checkoutTokens.tokenOf(checkoutId);
    const answer = await comeBack(`${checkoutId}?checkoutToken=${token}`);
    system.payments.faults.clear();
    expect(answer.headers.get('location')).toBe(`/checkout/pay/${checkoutId}#${token}`);
  });
});

describe('the page at which a buyer pays', () => {
  const id = '019e1b2c-3d4e-7f50-8a6b-7c8d9e0f1a2b';
  const pageWith = async (stripeKey: string) => {
    const app = await testCheckoutApp({ db: system.db, stripeKey });
    resources.defer(() => app.close());
    return await app.inject(`/checkout/pay/${id}`);
  };
  const policyOf = (answer: { headers: object }) =>
    String((answer.headers as Record<string, unknown>)['content-security-policy']);

  it('runs no script but its own, talks to nobody else, and cannot be framed', async () => {
    const answer = await pageWith('');
    expect(answer.statusCode).toBe(200);
    expect(policyOf(answer)).toBe(
      "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; frame-src 'none'; img-src data:; " +
        "form-action 'none'; base-uri 'none'; frame-ancestors 'none'",
    );
    expect(answer.body).not.toMatch(/<script(?![^>]* src="\/checkout\/pay\/pay\.js")| style=| on[a-z]+=|https?:/);
    for (const file of ['pay.js', 'pay.css']) expect((await fetch(`${system.base}/checkout/pay/${file}`)).status).toBe(200);
  });

  it("with Stripe's key, lets Stripe's own script and frames in, and nobody else's", async () => {
    const answer = await pageWith('pk_test_"><script>');
    expect(answer.body).toContain('data-stripe-key="pk_test_&quot;&gt;&lt;script&gt;"');
    const hosts = policyOf(answer).match(/https:\/\/[^\s;]+/g) ?? [];
    expect(hosts.filter((host) => !/^https:\/\/(\*\.)?(js|api|hooks)(\.js)?\.stripe\.com$/.test(host))).toEqual([]);
    expect(hosts).not.toEqual([]);
    expect(policyOf(answer)).not.toContain('unsafe');
  });
});
