import type { ServerResponse } from 'node:http';
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

const order = { eventId: 'Event1', orderId: '0195' };
const tokens = createServiceTokens(serviceSecret, 'catalogue');

/** Cancels an order at a purchase service that answers so; returns the error, if any. */
async function cancelAt(answer: (response: ServerResponse) => void): Promise<unknown> {
  const purchaseUrl = await startSmallServer((_request, response) => answer(response), resources);
  return await createCancelOrder({ purchaseUrl, tokens })(order as never).catch((error: unknown) => error);
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
    const cancel = createCancelOrder({ purchaseUrl: 'http://127.0.0.1:1', tokens });
    await expect(cancel(order as never)).rejects.toBeInstanceOf(UnavailableError);
  });
});
