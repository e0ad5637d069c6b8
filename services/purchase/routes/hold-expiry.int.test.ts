import { describe, expect, it, vi } from 'vitest';
import { domainEvents } from '../../../scripts/testing/domain-events.ts';
import { accepted, app } from '../../../scripts/testing/purchase-app.ts';
import { refusal } from '../../../scripts/testing/refusal.ts';
import { cancel, confirm, extend, hold, letExpire, namesOf, order, release } from '../../../scripts/testing/requests.ts';
import { seats } from '../../../scripts/testing/seats.ts';
import { openTestEvent, seatedZone } from '../../../scripts/testing/stores.ts';
import { problem } from '../../shared/http/problems.ts';

/** An overdue hold of A1 and A2, on an event of its own. */
async function overdueHold() {
  const event = await openTestEvent();
  const held = await accepted(hold(event, ['A1', 'A2']));
  await letExpire(held);
  return { event, held };
}

describe('a hold that has expired', () => {
  it("by Redis' clock gives its seats to the next buyer, and to nobody before", async () => {
    const event = await openTestEvent({ holdMs: 200 });
    const held = await accepted(hold(event, ['A1', 'A2']));
    const sold = await vi.waitFor(() => accepted(order(event, ['A1'])), { timeout: 100_000, interval: 10 });
    expect(Date.parse(sold.createdOn)).toBeGreaterThanOrEqual(Date.parse(held.expiresOn));
    await refusal(confirm(held), 'HOLD_EXPIRED');
    await accepted(order(event, ['A2']));
  });

  it.each([
    ['and was not swept yet', async () => {}],
    ['and was swept', async (eventId: string) => void (await seats.expireHolds(eventId))],
  ])('%s can still be confirmed while its seats are free', async (_seen, look) => {
    const { event, held } = await overdueHold();
    await look(event.eventId);
    const sold = await accepted(confirm(held));
    expect(namesOf(sold.tickets)).toEqual(['A1', 'A2']);
    expect(sold.totalPrice).toBe('200.00');
    expect(await accepted(confirm(held), 200)).toEqual(sold);
  });

  it.each([
    ['sold', order],
    ['held', hold],
  ])('cannot be confirmed once one of its seats is %s: that returns 409 and sells none of them', async (_how, take) => {
    const { event, held } = await overdueHold();
    await accepted(take(event, ['A2']));
    expect(await refusal(confirm(held), 'HOLD_EXPIRED')).toEqual(problem('HOLD_EXPIRED'));
    await accepted(order(event, ['A1']));
  });

  it('can be confirmed when the seat that was gone is free again', async () => {
    const { event, held } = await overdueHold();
    const sold = await accepted(order(event, ['A2']));
    await refusal(confirm(held), 'HOLD_EXPIRED');
    await accepted(cancel(sold), 200);
    await accepted(confirm(held));
  });

  it('in general admission can be confirmed while enough places are left', async () => {
    const event = await openTestEvent({ zones: [{ zoneId: 1, capacity: 5, priceMinor: 100 }] });
    const [three, two] = await Promise.all([3, 2].map((quantity) => accepted(hold(event, { zoneId: 1, quantity }))));
    await letExpire(three);
    await letExpire(two);
    await accepted(order(event, { zoneId: 1, quantity: 3 }));
    await refusal(confirm(three), 'HOLD_EXPIRED');
    await accepted(confirm(two));
    await refusal(confirm(three), 'HOLD_EXPIRED');
  });

  it('is sold once by 50 concurrent confirmations', async () => {
    const { event, held } = await overdueHold();
    const answers = await Promise.all(Array.from({ length: 50 }, () => app.inject(confirm(held))));
    const { 201: sold = [], 200: before = [] } = Object.groupBy(answers, ({ statusCode }) => statusCode);
    expect([sold.length, before.length]).toEqual([1, 49]);
    expect(new Set(answers.map(({ body }) => body)).size).toBe(1);
    expect(await domainEvents(event)).toHaveLength(1);
  });

  it('and another expired one with the same seat, confirmed concurrently, become one order and one 409', async () => {
    const { event, held } = await overdueHold();
    const later = await accepted(hold(event, ['A2', 'A3']));
    await letExpire(later);
    const answers = await Promise.all([later, held].map((each) => app.inject(confirm(each))));
    expect(answers.map(({ statusCode }) => statusCode).toSorted()).toEqual([201, 409]);
  });

  it('cannot be extended', async () => {
    const { event, held } = await overdueHold();
    await refusal(extend(held), 'HOLD_EXPIRED');
    await seats.expireHolds(event.eventId);
    await refusal(extend(held), 'HOLD_EXPIRED');
  });

  it.each([
    ['and was not swept yet', async () => {}],
    ['and was swept', async (eventId: string) => void (await seats.expireHolds(eventId))],
  ])('%s can be released: then it is gone, and only its own seats are free', async (_seen, look) => {
    const { event, held } = await overdueHold();
    await look(event.eventId);
    await accepted(order(event, ['B1']));
    await accepted(release(held), 204);
    await refusal(release(held), 'HOLD_NOT_FOUND');
    await refusal(confirm(held), 'HOLD_NOT_FOUND');
    await accepted(order(event, ['A1', 'A2']));
  });

  it('and is released after one of its seats was sold again leaves that seat sold', async () => {
    const { event, held } = await overdueHold();
    await accepted(order(event, ['A1']));
    await accepted(release(held), 204);
    await refusal(order(event, ['A1']), 'SEAT_TAKEN');
    await accepted(order(event, ['A2']));
  });

  it('long ago is forgotten, as is one that was confirmed: neither is found', async () => {
    const { event, held } = await overdueHold();
    const confirmed = await accepted(hold(event, ['B1']));
    await accepted(confirm(confirmed));
    await seats.expireHolds(event.eventId);
    await letExpire(held);
    await letExpire(confirmed);
    await seats.expireHolds(event.eventId);
    for (const { holdId } of [held, confirmed]) await refusal(confirm({ holdId }), 'HOLD_NOT_FOUND');
  });
});

describe('a crowd of expired holds', () => {
  const crowdOn = async (zone: Parameters<typeof openTestEvent>[0]) => {
    const event = await openTestEvent(zone);
    const holds = await Promise.all(Array.from({ length: 90 }, () => accepted(hold(event, { zoneId: 1, quantity: 1 }))));
    await Promise.all(holds.map((held, at) => letExpire(held, at + 1)));
    return { event, holds };
  };

  it.each([
    [
      'a buyer who wants',
      (held: { seats: Parameters<typeof namesOf>[0] }, event: { eventId: string }) => order(event, namesOf(held.seats)),
    ],
    ['the buyer who had', confirm],
  ])('does not stand in the way of %s the seat of the last of them', async (_what, requestOf) => {
    const { event, holds } = await crowdOn({ zones: [seatedZone(1, 9, 10)] });
    const sold = await accepted(requestOf(holds.at(-1), event));
    expect(sold.tickets).toMatchObject([{ row: holds.at(-1).seats[0].row, column: holds.at(-1).seats[0].column }]);
    expect(await accepted(order(event, { zoneId: 1, quantity: 10 }))).toMatchObject({ adjacent: true });
  });

  it('counts as free in a refusal that says how many are left', async () => {
    const { event, holds } = await crowdOn({ zones: [{ zoneId: 1, capacity: 95, priceMinor: 100 }] });
    for (let sold = 0; sold < 90; sold += 10) await accepted(order(event, { zoneId: 1, quantity: 10 }));
    expect(await refusal(order(event, { zoneId: 1, quantity: 6 }), 'SOLD_OUT')).toMatchObject({ detail: '5 left' });
    const answers = await Promise.all(holds.map((held) => app.inject(confirm(held))));
    const { 201: sold = [], 409: refused = [] } = Object.groupBy(answers, ({ statusCode }) => statusCode);
    expect([sold.length, refused.length]).toEqual([5, 85]);
  });
});
