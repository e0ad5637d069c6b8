import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { projectDomainEvents } from '../../services/persistence/projections/project.ts';
import { cancelled, exchanged, purchasedOrder } from '../testing/purchases.ts';
import { testFolder } from '../testing/services.ts';
import { db, openTestEvent, unique } from '../testing/stores.ts';
import { localOrganiser } from './local-organiser.ts';
import { listOrders } from './orders-command.ts';

let resources: AsyncDisposableStack;
beforeEach(() => {
  resources = new AsyncDisposableStack();
});
afterEach(() => resources.disposeAsync());

const buyers = ['auth0|5f7c8ec7c33c6c004bbafe82', 'eu-west-1:9b2f0c1e-7d43', 'ann@example.org', '=Žanna 🎟'] as const;

/** An event with an order of each buyer: a seat with a text as its label, then a place; the first was exchanged, the second cancelled. */
async function soldEvent() {
  const event = await openTestEvent({ zones: [{ zoneId: 1, capacity: 100, priceMinor: 10_000 }] });
  const terms = { category: 'A', ticketType: 'child', promotion: 'EARLYBIRD', fullPriceMinor: 12_500, priceMinor: 10_000 };
  const orders = buyers.map((buyerId, at) =>
    purchasedOrder(event, {
      sequence: at + 1,
      buyerId,
      tickets: [
        { zoneId: 1, row: 'A/B', column: `${at + 1}/C`, ...terms },
        { zoneId: 2, priceMinor: 4_550 },
      ],
    }),
  );
  const [first, second] = orders;
  if (!first || !second) expect.fail('no orders');
  const exchange = exchanged(first, 5, [0], [{ zoneId: 1, row: 'A', column: 12 }]);
  await projectDomainEvents(db, [...orders, exchange, cancelled(second, 6)]);
  return { eventId: event.eventId, orders, exchange };
}

async function printed(eventId: string, options: Parameters<typeof listOrders>[2] = {}): Promise<string[]> {
  const lines: string[] = [];
  await listOrders(localOrganiser({ db }), eventId, options, (line) => lines.push(line));
  return lines;
}

describe('onsale orders', () => {
  it('lists every ticket in the order of sale, with what it was sold as and what became of it', async () => {
    const { eventId, orders } = await soldEvent();
    const lines = await printed(eventId);
    expect(lines[0]).toMatch(/^sold \(UTC\) +order +buyer +zone +seat +category +type +promotion +price +paid by +status$/);
    expect(lines[1]).toContain(
      `2026-05-01 10:00:00  ${orders[0]?.data.orderId}  auth0|5f7c8ec7c33c6c004bbafe82  1     row A/B, seat 1/C  A         child  EARLYBIRD  100.00 USD           CANCELLED (exchanged)`,
    );
    expect(lines[2]).toMatch(/ 2 +45\.50 USD {11}PAID$/);
    expect(lines[9]).toMatch(/auth0\|5f7c8ec7c33c6c004bbafe82 +1 +A12 +A +child +EARLYBIRD +100\.00 USD {11}PAID$/);
    expect(lines.slice(10)).toEqual(['9 tickets']);
  });

  it.each(buyers)('finds the tickets of a buyer, whatever text identifies them: %s', async (buyer) => {
    const { eventId } = await soldEvent();
    const lines = await printed(eventId, { buyer });
    expect(lines).toHaveLength(buyer === buyers[0] ? 5 : 4);
    for (const line of lines.slice(1, -1)) expect(line).toContain(buyer);
  });

  it('finds tickets by order, seat and status, and by all of them together', async () => {
    const { eventId, orders } = await soldEvent();
    const order = orders[0]?.data.orderId ?? '';
    expect((await printed(eventId, { order: order.toUpperCase() })).at(-1)).toBe('3 tickets');
    expect((await printed(eventId, { seat: '1/A/12' })).slice(1)).toEqual([expect.stringContaining(order), '1 ticket']);
    expect((await printed(eventId, { seat: '1/A/B/2/C' })).slice(1)).toEqual([
      expect.stringMatching(/row A\/B, seat 2\/C .* CANCELLED$/),
      '1 ticket',
    ]);
    expect((await printed(eventId, { status: 'CANCELLED' })).at(-1)).toBe('3 tickets');
    expect((await printed(eventId, { order, status: 'CANCELLED', seat: '1/A/12' })).at(-1)).toBe('No ticket matches.');
  });

  it('writes CSV with all there is about each ticket', async () => {
    const { eventId, orders, exchange } = await soldEvent();
    const file = join(testFolder(resources), 'orders.csv');
    expect(await printed(eventId, { csv: file, seat: '1/A/B/1/C' })).toEqual([`1 ticket written to ${file}`]);
    const { orderId, tickets } = orders[0]?.data ?? {};
    expect(readFileSync(file, 'utf8').replace('\uFEFF', '').split('\n')).toEqual([
      'soldOn,orderId,buyerId,ticketId,status,zoneId,row,seat,category,ticketType,price,promotion,fullPrice,currency,cancelledOn,exchangedFor,paidBy',
      `2026-05-01T10:00:00.000Z,${orderId},${buyers[0]},${tickets?.[0]?.ticketId},CANCELLED,1,A/B,1/C,A,child,100.00,EARLYBIRD,125.00,USD,${exchange.time},${exchange.data.replacements[0]?.ticketId},`,
      '',
    ]);
    await printed(eventId, { csv: file, buyer: buyers[3] });
    expect(readFileSync(file, 'utf8')).toContain(",'=Žanna 🎟,");
  });

  it.each([
    [{ seat: 'A12' }, '"A12" is not a seat'],
    [{ seat: '1/A' }, '"1/A" is not a seat'],
    [{ order: 'Order1' }, '"Order1" is not the id of an order'],
  ])('refuses %j, and says why', async (options, why) => {
    const { eventId } = await openTestEvent();
    await expect(printed(eventId, options)).rejects.toThrow(why);
  });

  it('refuses an event that was never opened', async () => {
    await expect(printed(unique('event'))).rejects.toThrow('was never opened');
  });
});
