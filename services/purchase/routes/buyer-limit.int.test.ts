import { describe, expect, it } from 'vitest';
import { asOperator } from '../../../scripts/testing/apps.ts';
import { accepted, app } from '../../../scripts/testing/purchase-app.ts';
import { refusal } from '../../../scripts/testing/refusal.ts';
import {
  cancel,
  confirm,
  extend,
  hold,
  letExpire,
  order,
  release,
  seats,
  takers,
  ticket,
} from '../../../scripts/testing/requests.ts';
import { seats as allSeats } from '../../../scripts/testing/seats.ts';
import { db, openTestEvent, planOf, redis } from '../../../scripts/testing/stores.ts';
import { problem } from '../../shared/http/problems.ts';
import { openEvent } from '../../shared/inventory/open-event.ts';

/** The problem at the limit; with `has`, as the operator sees it: naming a buyer must not reveal how many tickets that buyer has. */
const reached = (limit: number, has?: number) =>
  problem('BUYER_LIMIT_REACHED', {
    detail: `A buyer may have or hold at most ${limit} tickets${has === undefined ? '' : `; this one has or holds ${has}`}`,
  });

/** A wish by Ann for these seats. */
const annas = (...names: string[]) => ({ buyerId: 'Ann', seats: seats(...names) });

describe.each(takers)('%s on an event that limits tickets per buyer', (_what, take) => {
  it('must name the buyer: otherwise it returns 400 with a pointer to the missing field', async () => {
    const event = await openTestEvent({ ticketsPerBuyer: 2 });
    const errors = [{ pointer: '#/buyerId', detail: 'is missing: the event limits how many tickets a buyer may have' }];
    const refused = await refusal(take(event, { seats: seats('A1') }), 'INVALID_REQUEST', { asksRedis: true });
    expect(refused).toEqual(problem('INVALID_REQUEST', { errors }));
  });

  it('returns 409 at the limit; only the operator sees how many the buyer has; other buyers and other events count separately', async () => {
    const event = await openTestEvent({ ticketsPerBuyer: 2 });
    await accepted(take(event, annas('A1')));
    await accepted(take(event, annas('A2')));
    const third = take(event, annas('A3'));
    expect(await refusal(third, 'BUYER_LIMIT_REACHED')).toEqual(reached(2));
    expect(await refusal({ ...third, headers: { ...third.headers, ...asOperator } }, 'BUYER_LIMIT_REACHED')).toEqual(
      reached(2, 2),
    );
    await accepted(take(event, { buyerId: 'ann', seats: seats('A3') }));
    await accepted(take(await openTestEvent({ ticketsPerBuyer: 2 }), annas('A3')));
  });

  it("succeeds exactly up to the limit for one buyer's 20 concurrent requests", async () => {
    const event = await openTestEvent({ ticketsPerBuyer: 4 });
    const names = Array.from({ length: 20 }, (_, at) => `${'AB'[at % 2]}${Math.floor(at / 2) + 1}`);
    const answers = await Promise.all(names.map((name) => app.inject(take(event, annas(name)))));
    const { 201: won = [], 409: lost = [] } = Object.groupBy(answers, ({ statusCode }) => statusCode);
    expect([won.length, lost.length]).toEqual([4, 16]);
    for (const answer of lost) expect(answer.json()).toEqual(reached(4));
  });
});

describe('the tickets of a buyer', () => {
  it('are counted one by one, however they were obtained, including holds', async () => {
    const event = await openTestEvent({ ticketsPerBuyer: 5 });
    expect(await refusal(order(event, annas('A1', 'A2', 'A3', 'A4', 'A5', 'A6')), 'BUYER_LIMIT_REACHED')).toEqual(reached(5));
    await accepted(ticket(event, annas('A1')));
    await accepted(hold(event, annas('A2', 'A3')));
    await accepted(order(event, { buyerId: 'Ann', zoneId: 1, quantity: 1 }));
    for (const [, take] of takers.slice(1)) {
      expect(await refusal(take(event, annas('B1', 'B2')), 'BUYER_LIMIT_REACHED')).toEqual(reached(5));
    }
    await accepted(ticket(event, annas('B1')));
    expect(await refusal(ticket(event, annas('B2')), 'BUYER_LIMIT_REACHED')).toEqual(reached(5));
  });

  it('that are held are not counted again when the hold is extended or confirmed', async () => {
    const event = await openTestEvent({ ticketsPerBuyer: 2 });
    const held = await accepted(hold(event, annas('A1', 'A2')));
    await accepted(extend(held), 200);
    await accepted(confirm(held));
    expect(await refusal(order(event, annas('A3')), 'BUYER_LIMIT_REACHED')).toEqual(reached(2));
  });

  it('stop counting when cancelled, and only once each', async () => {
    const event = await openTestEvent({ ticketsPerBuyer: 3 });
    const sold = await accepted(order(event, annas('A1', 'A2', 'A3')));
    const [first] = sold.tickets;
    for (let times = 0; times < 2; times++) await accepted(cancel(sold, [first.ticketId]), 200);
    expect(await refusal(order(event, annas('B1', 'B2')), 'BUYER_LIMIT_REACHED')).toEqual(reached(3));
    for (let times = 0; times < 2; times++) await accepted(cancel(sold), 200);
    await accepted(order(event, annas('B1', 'B2', 'B3')));
    expect(await refusal(order(event, annas('B4')), 'BUYER_LIMIT_REACHED')).toEqual(reached(3));
  });

  it.each([
    ['the release', async (held: { eventId: string; holdId: string }) => accepted(release(held), 204)],
    ['the expiry', letExpire],
  ])('that are held stop counting after %s of the hold', async (_how, end) => {
    const event = await openTestEvent({ ticketsPerBuyer: 2 });
    const held = await accepted(hold(event, annas('A1', 'A2')));
    await end(held);
    await accepted(order(event, annas('B1', 'B2')));
    expect(await refusal(hold(event, annas('B3')), 'BUYER_LIMIT_REACHED')).toEqual(reached(2));
  });

  it('stay within the limit when an expired hold is confirmed, too', async () => {
    const event = await openTestEvent({ ticketsPerBuyer: 3 });
    const held = await accepted(hold(event, annas('A1', 'A2')));
    await letExpire(held);
    const sold = await accepted(order(event, annas('B1', 'B2')));
    expect(await refusal(confirm(held), 'BUYER_LIMIT_REACHED')).toEqual(reached(3));
    await accepted(cancel(sold, [sold.tickets[0].ticketId]), 200);
    await accepted(confirm(held));
    expect(await refusal(order(event, annas('B1')), 'BUYER_LIMIT_REACHED')).toEqual(reached(3));
  });

  it('are unlimited, and need no buyer, without a limit; a limit set later counts them', async () => {
    const event = await openTestEvent();
    await accepted(order(event, annas('A1', 'A2', 'A3')));
    await accepted(order(event, ['A4']));
    expect(await openEvent(db, redis, planOf({ ...event, ticketsPerBuyer: 4 }))).toEqual({ kind: 'changed' });
    expect(await refusal(order(event, annas('B1', 'B2')), 'BUYER_LIMIT_REACHED')).toEqual(reached(4));
    await accepted(order(event, annas('B1')));
  });

  it('without a buyer cannot count against a limit set later: confirming the expired hold returns 409, not a missing field', async () => {
    const event = await openTestEvent();
    const held = await accepted(hold(event, ['A1']));
    await letExpire(held);
    await accepted(order(event, ['A2']));
    await openEvent(db, redis, planOf({ ...event, ticketsPerBuyer: 4 }));
    const answer = await app.inject(confirm(held));
    expect([answer.statusCode, answer.json().errors]).toEqual([409, undefined]);
  });

  it.each([
    ['swept', (eventId: string) => allSeats.expireHolds(eventId)],
    ['not swept yet', async () => {}],
  ])('of an overdue hold that is %s count against the current limit', async (_what, sweep) => {
    const event = await openTestEvent();
    const held = await accepted(hold(event, annas('A1', 'A2', 'A3')));
    await openEvent(db, redis, planOf({ ...event, ticketsPerBuyer: 2 }));
    await letExpire(held);
    await sweep(event.eventId);
    const answer = await app.inject(confirm(held));
    expect([answer.statusCode, answer.json().code]).toEqual([409, 'BUYER_LIMIT_REACHED']);
  });

  it('need a buyer, and a request without one is told so before the sale begins, not in its first second', async () => {
    const event = await openTestEvent({ ticketsPerBuyer: 2, onSaleAtMs: Date.UTC(2099, 4, 1) });
    await refusal(order(event, ['A1']), 'INVALID_REQUEST', { asksRedis: true });
    await refusal(order(event, annas('A1')), 'NOT_ON_SALE');
  });
});
