import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { asOperator } from '../../../scripts/testing/apps.ts';
import { assertConserved } from '../../../scripts/testing/conservation.ts';
import { get, post } from '../../../scripts/testing/http.ts';
import { startTestService } from '../../../scripts/testing/services.ts';
import { openHall, rowSeats, sell } from '../../../scripts/testing/sold-event.ts';
import { createMessaging, redis } from '../../../scripts/testing/stores.ts';
import { readSequence } from '../../shared/inventory/inventory.ts';
import { countSold } from './cancel-event.ts';

let resources: AsyncDisposableStack;
beforeEach(() => {
  resources = new AsyncDisposableStack();
});
afterEach(() => resources.disposeAsync());

it('a cancellation survives kill -9 of catalogue and of purchase, waits while purchase is away, and cancels each order once', {
  timeout: 300_000,
}, async () => {
  const messaging = await createMessaging();
  const start = (service: 'purchase' | 'catalogue', purchaseUrl = 'http://127.0.0.1:1') =>
    startTestService(service, messaging, { resources, env: { PURCHASE_URL: purchaseUrl } });
  const waitFor = (condition: () => Promise<void>) => vi.waitFor(condition, { timeout: 100_000, interval: 20 });
  const event = await openHall();
  const { eventId } = event;
  for (const row of 'ABCDEFGHIJ') for (let column = 1; column <= 10; column++) await sell(event, rowSeats(row, column));
  const sold = await countSold(redis, eventId);
  const path = `/catalogue/api/v1/events/${eventId}/cancellation`;

  const [firstPurchase, secondPurchase] = [await start('purchase'), await start('purchase')];
  const first = await start('catalogue', firstPurchase.base);
  const asked = await post(first.base + path, { confirm: eventId }, asOperator);
  expect(asked).toMatchObject({ status: 202, body: { principal: 'operator' } });
  await waitFor(async () => expect(await countSold(redis, eventId)).toBeLessThan(sold));
  first.kill('SIGKILL');
  firstPurchase.kill('SIGKILL');
  await Promise.all([first.exited, firstPurchase.exited]);

  const lonely = await start('catalogue', firstPurchase.base);
  const progress = async (base: string) => (await get(base + path, asOperator)).body;
  const left = await countSold(redis, eventId);
  if (left > 0) {
    await waitFor(async () => expect(String((await progress(lonely.base)).detail)).toContain('purchase cannot be reached'));
    expect(await countSold(redis, eventId)).toBe(left);
  }
  lonely.kill('SIGKILL');
  await lonely.exited;

  const [one, two] = await Promise.all([start('catalogue', secondPurchase.base), start('catalogue', secondPurchase.base)]);
  await waitFor(async () => expect(await progress(two.base)).toMatchObject({ status: 'done', tickets: sold, cancelled: sold }));
  expect(await progress(one.base)).toMatchObject({ status: 'done' });
  expect(await countSold(redis, eventId)).toBe(0);
  // One domain event for each sale and each cancellation.
  expect(await readSequence(redis, eventId)).toBe(2 * sold);
  await assertConserved(redis, eventId);
});
