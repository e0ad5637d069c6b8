import type { ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startSmallServer } from '../../../scripts/testing/small-server.ts';
import { serviceSecret } from '../../../scripts/testing/tokens.ts';
import { UnavailableError } from '../../shared/http/problems.ts';
import { createServiceTokens } from '../../shared/identity/service-tokens.ts';
import { createCancelOrder } from './cancel-order.ts';

let resources: AsyncDisposableStack;
beforeEach(() => {
  resources = new AsyncDisposableStack();
});
afterEach(() => resources.disposeAsync());

const order = { eventId: 'Event1', orderId: '0195', seats: 'free', key: 'cancellation-1' } as const;
const nowhere = 'http://127.0.0.1:1';
const tokens = createServiceTokens(serviceSecret, 'catalogue');

/** Cancels an order at a purchase service that answers so; returns the error, if any. */
async function cancelAt(answer: (response: ServerResponse) => void): Promise<unknown> {
  const purchaseUrl = await startSmallServer((_request, response) => answer(response), resources);
  return await createCancelOrder({ purchaseUrl, checkoutUrl: nowhere, tokens })(order).catch((error: unknown) => error);
}

const json = (status: number, body: object) => (response: ServerResponse) =>
  void response.writeHead(status, { 'content-type': 'application/problem+json' }).end(JSON.stringify(body));

describe("an order's cancellation", () => {
  it.each([
    ['cancels it', 200, {}],
    ['does not know it', 404, { code: 'ORDER_NOT_FOUND' }],
  ])('is done if purchase %s', async (_what, status, body) => {
    expect(await cancelAt(json(status, body))).toBeUndefined();
  });

  it.each([429, 500, 503])('is tried again after a %i', async (status) => {
    expect(await cancelAt(json(status, {}))).toBeInstanceOf(UnavailableError);
  });

  it.each([
    [400, { code: 'INVALID_REQUEST' }],
    [404, { code: 'NOT_FOUND' }],
    [401, '<html>'],
  ])('fails after a %i', async (status, body) => {
    const error = await cancelAt(json(status, body as object));
    expect(error).not.toBeInstanceOf(UnavailableError);
    expect(String(error)).toContain(`purchase replied ${status}`);
  });

  it.each([301, 302, 303, 307])('is not done by what a %i leads to', async (status) => {
    const elsewhere = await startSmallServer((_request, response) => void response.end('{}'), resources);
    const error = await cancelAt((response) => void response.writeHead(status, { location: elsewhere }).end());
    expect(error).toBeInstanceOf(UnavailableError);
  });

  it.each([
    ['closes the connection', (response: ServerResponse) => void response.destroy()],
    [
      'replies by half',
      (response: ServerResponse) => {
        response.writeHead(200, { 'content-length': 100 }).write('{"orderId"');
        setImmediate(() => response.destroy());
      },
    ],
  ])('is tried again if purchase %s', async (_what, answer) => {
    const error = await cancelAt(answer);
    expect(error).toBeInstanceOf(UnavailableError);
    expect(String(error)).toContain('purchase cannot be reached');
  });

  it('is tried again if purchase cannot be reached', async () => {
    const cancel = createCancelOrder({ purchaseUrl: nowhere, checkoutUrl: nowhere, tokens });
    await expect(cancel(order)).rejects.toBeInstanceOf(UnavailableError);
  });
});

describe('an order that was paid through checkout', () => {
  /** Cancels it at a checkout service that answers so; returns the error, if any, and the requests. */
  async function refundAt(status: number, body: object) {
    const asked: { url: string | undefined; key: unknown; body: string }[] = [];
    const checkoutUrl = await startSmallServer((request, response) => {
      void text(request).then((sent) => {
        asked.push({ url: request.url, key: request.headers['idempotency-key'], body: sent });
        json(status, body)(response);
      });
    }, resources);
    const cancel = createCancelOrder({ purchaseUrl: nowhere, checkoutUrl, tokens });
    const error = await cancel({ ...order, paidBy: 'checkout', seats: 'blocked' }).catch((thrown: unknown) => thrown);
    return { error, asked };
  }

  it.each([
    ['refunds it', 201, {}],
    ['is refunding it', 202, {}],
    ['has refunded it', 409, { code: 'NOTHING_TO_REFUND' }],
    ['waits until it is paid', 409, { code: 'PAYMENT_PENDING' }],
    ['knows no payment for it', 404, { code: 'ORDER_NOT_FOUND' }],
  ])('is refunded, not cancelled at purchase; nothing more is done if checkout %s', async (_what, status, body) => {
    const { error, asked } = await refundAt(status, body);
    expect(error).toBeUndefined();
    const wish = JSON.stringify({ seats: 'blocked', reason: 'The event is cancelled' });
    expect(asked).toEqual([{ url: '/checkout/api/v1/orders/0195/refunds', key: '"cancellation-1"', body: wish }]);
  });

  it('fails if checkout refuses otherwise', async () => {
    const { error } = await refundAt(403, { code: 'FORBIDDEN' });
    expect(String(error)).toContain('checkout replied 403 FORBIDDEN to the refund of 0195');
    expect(error).not.toBeInstanceOf(UnavailableError);
  });

  it('is tried again while checkout is away, or unknown here', async () => {
    expect((await refundAt(503, {})).error).toBeInstanceOf(UnavailableError);
    const cancel = createCancelOrder({ purchaseUrl: nowhere, checkoutUrl: '', tokens });
    await expect(cancel({ ...order, paidBy: 'checkout' })).rejects.toThrow('CHECKOUT_URL is not set');
  });
});
