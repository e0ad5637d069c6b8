import { expect, it } from 'vitest';
import { openOwnInventory } from '../../../scripts/testing/offers.ts';
import { accepted } from '../../../scripts/testing/purchase-app.ts';
import { refusal } from '../../../scripts/testing/refusal.ts';
import { cancel, hold, order, seats, ticket, withKey } from '../../../scripts/testing/requests.ts';
import { redis, seatedZone } from '../../../scripts/testing/stores.ts';
import { problem } from '../../shared/http/problems.ts';
import { openInventory } from '../../shared/inventory/open-inventory.ts';

const zones = [seatedZone(1, 10, 20), { zoneId: 2, capacity: 100, priceMinor: 100 }];
const row = (count: number) =>
  seats(...Array.from({ length: count }, (_, at) => `${at < 20 ? 'A' : at < 40 ? 'B' : 'C'}${(at % 20) + 1}`));

/** So many tickets in each way, and the field that says how many. */
const waysToAsk = (count: number): [wanted: object, pointer: string][] => [
  [{ seats: row(count) }, '#/seats'],
  [{ zoneId: 1, quantity: count, split: true }, '#/quantity'],
  [
    { items: [...row(1), { zoneId: 2, quantity: count - 1 }].filter((item) => !('quantity' in item) || item.quantity > 0) },
    '#/items',
  ],
];

it.each([
  [undefined, 10],
  [1, 1],
  [50, 50],
])('an order or hold of an event that allows %s tickets has at most %i, however it names them', async (ticketsPerOrder, most) => {
  const event = await openOwnInventory({ zones, ...(ticketsPerOrder !== undefined && { ticketsPerOrder }) });
  for (const take of [order, hold]) {
    for (const [wanted, pointer] of most < 50 ? waysToAsk(most + 1) : []) {
      const refused = await refusal(take(event, wanted), 'INVALID_REQUEST', { asksRedis: true });
      const detail = `An order of this event has at most ${most} tickets`;
      expect(refused).toEqual(problem('INVALID_REQUEST', { errors: [{ pointer, detail }] }));
    }
  }
  for (const [wanted] of waysToAsk(most)) {
    const sold = await accepted(order(event, wanted));
    expect(sold.tickets).toHaveLength(most);
    await accepted(
      cancel(
        sold,
        sold.tickets.map(({ ticketId }: { ticketId: string }) => ticketId),
      ),
      200,
    );
  }
  await accepted(ticket(event, { seats: seats('J1') }));
});

it('more than 50 tickets are refused without asking Redis, for any event', async () => {
  const event = await openOwnInventory({ zones, ticketsPerOrder: 50 });
  for (const [wanted, pointer] of waysToAsk(51)) {
    const asksRedis = pointer === '#/items';
    const { errors } = await refusal(hold(event, wanted), 'INVALID_REQUEST', { asksRedis });
    expect(errors).toMatchObject([{ pointer }]);
  }
});

it('an Idempotency-Key is still unused after an order that was too large, and the limit can change meanwhile', async () => {
  const event = await openOwnInventory({ zones, ticketsPerOrder: 2 });
  const request = withKey(order(event, { zoneId: 2, quantity: 3 }), 'the-key-of-a-large-order');
  await refusal(request, 'INVALID_REQUEST', { asksRedis: true });
  expect(await openInventory(redis, { ...event, ticketsPerOrder: 3 })).toEqual({ kind: 'changed' });
  await accepted(request);
});
