import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { v7 as uuid } from 'uuid';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { connectFarRedis } from '../../../scripts/testing/far-redis.ts';
import { purchaseAppOn } from '../../../scripts/testing/purchase-app.ts';
import { openHall, rowSeats, sell } from '../../../scripts/testing/sold-event.ts';
import { redis, unique } from '../../../scripts/testing/stores.ts';
import { serviceSecret } from '../../../scripts/testing/tokens.ts';
import { UnavailableError } from '../../shared/http/problems.ts';
import { createServiceTokens } from '../../shared/identity/service-tokens.ts';
import { readSequence } from '../../shared/inventory/inventory.ts';
import { countSold } from './cancel-event.ts';
import { createCancelOrder } from './cancel-order.ts';

let resources: AsyncDisposableStack;
beforeEach(() => {
  resources = new AsyncDisposableStack();
});
afterEach(() => resources.disposeAsync());

function cancelOrderAt(port: number, secret = serviceSecret) {
  const tokens = createServiceTokens(secret, 'catalogue');
  const cancelOrder = createCancelOrder({ purchaseUrl: `http://127.0.0.1:${port}`, checkoutUrl: '', tokens });
  return (order: { eventId: string; orderId: string }) => cancelOrder({ ...order, seats: 'free', key: 'cancellation-1' });
}

/** A purchase app on a port. */
async function listen(store = redis): Promise<number> {
  const app = await purchaseAppOn(store);
  resources.defer(() => app.close());
  await app.listen({ port: 0, host: '127.0.0.1' });
  return (app.server.address() as AddressInfo).port;
}

const failureOf = async (work: Promise<void>): Promise<Error> => {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(Error);
  return error as Error;
};

describe('cancelling an order at purchase', () => {
  it('cancels it whoever bought it, and twice does no more', async () => {
    const event = await openHall();
    const { eventId } = event;
    const { orderId } = await sell(event, rowSeats('A', 1, 2), 'Ann');
    const cancelOrder = cancelOrderAt(await listen());
    for (let times = 0; times < 2; times++) await cancelOrder({ eventId, orderId });
    expect(await countSold(redis, eventId)).toBe(0);
    expect(await readSequence(redis, eventId)).toBe(2);
  });

  it('is done with an order that there is not, but not with an event that there is not', async () => {
    const { eventId } = await openHall();
    const port = await listen();
    await cancelOrderAt(port)({ eventId, orderId: uuid() });
    const unknown = await failureOf(cancelOrderAt(port)({ eventId: unique('none'), orderId: uuid() }));
    expect(unknown).not.toBeInstanceOf(UnavailableError);
    expect(unknown.message).toContain('purchase replied 403 ORDER_TOKEN_REQUIRED');
  });

  it('fails if purchase does not know the secret', async () => {
    const event = await openHall();
    const { orderId } = await sell(event, rowSeats('A', 1));
    const stranger = cancelOrderAt(await listen(), 'another secret, of 32 characters or more');
    const refused = await failureOf(stranger({ eventId: event.eventId, orderId }));
    expect(refused).not.toBeInstanceOf(UnavailableError);
    expect(refused.message).toContain('purchase replied 401 NOT_SIGNED_IN');
    expect(await countSold(redis, event.eventId)).toBe(1);
  });

  it('is to be tried again while purchase has no Redis, and then works', async () => {
    const event = await openHall();
    const { eventId } = event;
    const { orderId } = await sell(event, rowSeats('A', 1));
    const far = await connectFarRedis(resources);
    const cancelOrder = cancelOrderAt(await listen(far.redis));
    await far.cut();
    const away = await failureOf(cancelOrder({ eventId, orderId }));
    expect(away).toBeInstanceOf(UnavailableError);
    expect(away.message).toContain('purchase replied 503 INVENTORY_UNAVAILABLE');
    expect(await countSold(redis, eventId)).toBe(1);
    await far.mend();
    await once(far.redis, 'ready');
    await cancelOrder({ eventId, orderId });
    expect(await countSold(redis, eventId)).toBe(0);
  });
});
