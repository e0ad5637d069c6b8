import { describe, expect, it } from 'vitest';
import { asBuyerOf, asOperator, orderTokens } from '../../../scripts/testing/apps.ts';
import { accepted } from '../../../scripts/testing/purchase-app.ts';
import { refusal } from '../../../scripts/testing/refusal.ts';
import { cancel, confirm, hold, order, post, seats, ticket, withKey } from '../../../scripts/testing/requests.ts';
import { openTestEvent } from '../../../scripts/testing/stores.ts';

const event = await openTestEvent();
const bought = await accepted(order(event, ['A1']));
const others = await accepted(order(event, ['A2']));
const unknown = { eventId: event.eventId, orderId: bought.orderId.replace(/.{12}$/, '0123456789ab') };

const cancelWith = ({ orderId }: { orderId: string }, headers: Record<string, string>) =>
  post(`orders/${orderId}/cancel`, { eventId: event.eventId }, headers);

describe("an order's token", () => {
  it('comes with every order, however it was bought, and is the same in a replay', async () => {
    const requests = [
      ticket(event, { seats: seats('B1') }),
      order(event, ['B2']),
      confirm(await accepted(hold(event, ['B3']))),
      withKey(order(event, ['B4']), 'a-key-with-enough-characters'),
    ];
    for (const request of requests) {
      const { orderId, orderToken } = await accepted(request);
      expect(orderToken).toBe(orderTokens.tokenOf(orderId));
    }
    const repeated = await accepted(requests[3] ?? {});
    expect(repeated.orderToken).toBe(orderTokens.tokenOf(repeated.orderId));
  });

  it.each<[string, Record<string, string>]>([
    ['none', {}],
    ["another order's", asBuyerOf(others.orderId)],
    ['a made-up one', { 'order-token': 'x'.repeat(22) }],
  ])(
    'is needed to cancel it: with %s the response is 403, the same as for an order that does not exist',
    async (_what, headers) => {
      const refused = await refusal(cancelWith(bought, headers), 'ORDER_TOKEN_REQUIRED');
      expect(refused.errors).toEqual([{ header: 'Order-Token', detail: expect.stringMatching(/^must /) }]);
      expect(await refusal(cancelWith(unknown, headers), 'ORDER_TOKEN_REQUIRED')).toEqual(refused);
    },
  );

  it.each(['', 'x', 'x'.repeat(21), 'x'.repeat(23), `${'x'.repeat(21)}=`, 'é'.repeat(22)])(
    '%j is not one: it is refused with 400 and the name of the header',
    async (token) => {
      const { errors } = await refusal(cancelWith(bought, { 'order-token': token }), 'INVALID_REQUEST');
      expect(errors).toEqual([{ header: 'order-token', detail: expect.stringMatching(/^must /) }]);
    },
  );

  it("is not needed by the operator, whose token opens every order; a token that is not the operator's opens none", async () => {
    const sold = await accepted(order(event, ['C1']));
    for (const authorization of ['Bearer x', 'Bearer', 'Basic eDp4', `Bearer ${asOperator.authorization}`, '']) {
      await refusal(cancelWith(sold, { authorization, ...asBuyerOf(sold.orderId) }), 'NOT_SIGNED_IN');
    }
    await accepted(cancelWith(sold, asOperator), 200);
  });

  it('cancels its order', async () => {
    await accepted(cancel(bought), 200);
  });
});
