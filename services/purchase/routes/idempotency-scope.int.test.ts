import type { InjectOptions } from 'fastify';
import { describe, expect, it } from 'vitest';
import { asOperator } from '../../../scripts/testing/apps.ts';
import { accepted } from '../../../scripts/testing/purchase-app.ts';
import { answerTo, expectReplay, refusal } from '../../../scripts/testing/refusal.ts';
import { hold, order, post, readyRequests, seats, withKey } from '../../../scripts/testing/requests.ts';
import { openTestEvent } from '../../../scripts/testing/stores.ts';

const key = '8e03978e-40d5-43e8-bc93-6894a57f9324';
const posts = Object.entries(readyRequests).map(([name, { ready }]) => [`POST ${name}`, ready] as const);
const byOperator = (request: InjectOptions): InjectOptions => ({ ...request, headers: { ...request.headers, ...asOperator } });

describe('an Idempotency-Key that others could guess', () => {
  it.each(posts)('is refused from a stranger with 400: %s', async (_name, ready) => {
    const request = await ready(await openTestEvent());
    for (const short of ['1', 'x'.repeat(15), '"1"', `"${'x'.repeat(15)}"`]) {
      const { errors } = await refusal(withKey(request, short), 'INVALID_REQUEST');
      expect(errors).toEqual([{ header: 'Idempotency-Key', detail: expect.stringMatching(/at least 16 characters.*UUID/) }]);
    }
  });

  it.each(posts)('is accepted from the operator: %s', async (_name, ready) => {
    const request = byOperator(withKey(await ready(await openTestEvent()), '1'));
    await expectReplay(request, await answerTo(request));
  });
});

it("a stranger's Idempotency-Key and the operator's are independent, even if they are the same text", async () => {
  const event = await openTestEvent();
  const first = await accepted(withKey(hold(event, ['A1']), key));
  const own = byOperator(withKey(hold(event, ['A2']), key));
  const second = await accepted(own);
  expect(second.holdId).not.toBe(first.holdId);
  expect(await accepted(withKey(hold(event, ['A1']), key))).toEqual(first);
  expect(await accepted(own)).toEqual(second);
});

describe('an Idempotency-Key replays for an equivalent request, however its JSON is written', () => {
  const meanTheSame: [string, string, object, object][] = [
    ['members in another order', 'orders', { seats: seats('A1') }, { seats: [{ column: '1', row: 'A', zoneId: 1 }] }],
    ['a column as a number', 'orders', { seats: seats('A1') }, { seats: [{ zoneId: 1, row: 'A', column: 1 }] }],
    ['a row in lower case', 'holds', { seats: seats('A1', 'B2') }, { seats: seats('a1', 'b2') }],
    ['an explicit default', 'orders', { zoneId: 1, quantity: 2 }, { quantity: 2, split: false, zoneId: 1 }],
    ['all of these for one seat', 'tickets', { zoneId: 1, row: 'A', column: '1' }, { column: 1, row: 'a', zoneId: 1 }],
  ];
  it.each(meanTheSame)('%s', async (_what, path, one, other) => {
    const { eventId, venueId } = await openTestEvent();
    const first = withKey(post(path, { venueId, eventId, ...one }), key);
    await expectReplay(withKey(post(path, { ...other, eventId, venueId }), key), await answerTo(first));
  });

  it.each<[string, object]>([
    ['other seats', { seats: seats('A1', 'A3') }],
    ['the same seats in another order, which is the order of the tickets', { seats: seats('A2', 'A1') }],
    ['another buyer', { buyerId: 'Ann', seats: seats('A1', 'A2') }],
    ['the best of the zone', { zoneId: 1, quantity: 2 }],
  ])('but not %s', async (_what, other) => {
    const event = await openTestEvent();
    await accepted(withKey(order(event, ['A1', 'A2']), key));
    await refusal(withKey(order(event, other), key), 'IDEMPOTENCY_KEY_REUSED');
    await refusal(withKey(hold(event, ['A1', 'A2']), key), 'IDEMPOTENCY_KEY_REUSED');
  });
});
