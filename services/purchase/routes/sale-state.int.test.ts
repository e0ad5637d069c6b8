import { describe, expect, it } from 'vitest';
import { accepted } from '../../../scripts/testing/purchase-app.ts';
import { refusal } from '../../../scripts/testing/refusal.ts';
import { cancel, confirm, hold, letExpire, order, release, seats, takers } from '../../../scripts/testing/requests.ts';
import { openTestEvent, redis } from '../../../scripts/testing/stores.ts';
import { setState } from '../../shared/inventory/set-state.ts';

const pause = (eventId: string, confirmWhilePaused = true) => setState(redis, eventId, { state: 'paused', confirmWhilePaused });
const close = (eventId: string) => setState(redis, eventId, { state: 'closed' });

describe.each(takers)('%s', (_name, take) => {
  it('is refused while the sale is paused, and accepted once it is resumed', async () => {
    const event = await openTestEvent();
    await pause(event.eventId);
    await refusal(take(event, { seats: seats('A1') }), 'SALE_PAUSED');
    await setState(redis, event.eventId, { state: 'published' });
    await accepted(take(event, { seats: seats('A1') }));
  });

  it('is refused once the sale was closed, or its time is over', async () => {
    const event = await openTestEvent();
    await close(event.eventId);
    await refusal(take(event, { seats: seats('A1') }), 'SALE_CLOSED');
    const over = await openTestEvent({ offSaleAtMs: Date.now() - 1_000 });
    await refusal(take(over, { seats: seats('A1') }), 'SALE_CLOSED');
    const later = await openTestEvent({ offSaleAtMs: Date.now() + 600_000 });
    await accepted(take(later, { seats: seats('A1') }));
  });
});

describe('while the sale is paused', () => {
  it('a hold can be confirmed, unless that is paused too', async () => {
    const event = await openTestEvent();
    const [first, second] = [await accepted(hold(event, ['A1'])), await accepted(hold(event, ['A2']))];
    await pause(event.eventId);
    await accepted(confirm(first));
    await pause(event.eventId, false);
    await refusal(confirm(second), 'SALE_PAUSED');
    await pause(event.eventId);
    await accepted(confirm(second));
  });

  it('tickets can be cancelled, and holds released', async () => {
    const event = await openTestEvent();
    const [sold, held] = [await accepted(order(event, ['A1'])), await accepted(hold(event, ['A2']))];
    await pause(event.eventId, false);
    await accepted(cancel(sold), 200);
    await accepted(release(held), 204);
  });
});

describe('once the sale is closed', () => {
  it('a hold can be confirmed until it expires, and not afterwards', async () => {
    const event = await openTestEvent();
    const [first, second] = [await accepted(hold(event, ['A1'])), await accepted(hold(event, ['A2']))];
    await close(event.eventId);
    await accepted(confirm(first));
    await letExpire({ ...event, ...second });
    const answer = await refusalOf(confirm(second));
    expect(answer).toBe('SALE_CLOSED');
  });

  it('tickets can be cancelled', async () => {
    const event = await openTestEvent();
    const sold = await accepted(order(event, ['A1']));
    await close(event.eventId);
    await accepted(cancel(sold), 200);
  });
});

/** The code of a refusal that ends the overdue hold, and so changes Redis. */
async function refusalOf(request: Parameters<typeof accepted>[0]): Promise<string> {
  return (await accepted(request, 409)).code;
}
