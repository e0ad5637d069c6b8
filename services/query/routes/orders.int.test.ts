import { v7 as uuidv7 } from 'uuid';
import { afterAll, describe, expect, it } from 'vitest';
import { asBuyerOf, asOperator, testQueryApp } from '../../../scripts/testing/apps.ts';
import { cancelled, exchanged, purchasedOrder, type TicketSold } from '../../../scripts/testing/purchases.ts';
import { db, openTestEvent, redis } from '../../../scripts/testing/stores.ts';
import { projectDomainEvents } from '../../persistence/projections/project.ts';
import type { TicketsPurchased } from '../../shared/events/domain-events.ts';

const app = await testQueryApp({ db, redis });
afterAll(() => app.close());

/** Reads an order as its buyer, unless the headers say otherwise. */
const get = (orderId: string, headers: Record<string, string> = {}) =>
  app.inject({ url: `/query/api/v1/orders/${orderId}`, headers: { ...asBuyerOf(orderId), ...headers } });
const read = async ({ data }: TicketsPurchased) => (await get(data.orderId)).json();

const seat = (column: number, priceMinor = 10_000) => ({ zoneId: 1, row: 'A', column, priceMinor });

/** The first order of a new event, not yet projected. */
async function orderOf(tickets: Omit<TicketSold, 'ticketId' | 'currency'>[], buyer: { buyerId?: string } = {}) {
  return purchasedOrder(await openTestEvent(), { sequence: 1, ...buyer, tickets });
}

describe('an order', () => {
  it('is returned in full, with its own tickets and no others', async () => {
    const event = await openTestEvent({ currency: 'EUR' });
    const general = { zoneId: 2, priceMinor: 4_550 };
    const sale = purchasedOrder(event, { sequence: 7, buyerId: 'Buyer1', tickets: [seat(3), general] });
    const others = [1, 8].map((sequence) => purchasedOrder(event, { sequence, tickets: [seat(sequence)] }));
    await projectDomainEvents(db, [sale, ...others]);
    const { orderId, venueId, eventId, tickets } = sale.data;
    const common = { orderId, venueId, eventId, status: 'PAID', currency: 'EUR', createdOn: '2026-05-01T10:00:00.000Z' };
    const response = await get(orderId);
    expect([response.statusCode, response.json()]).toEqual([
      200,
      {
        ...common,
        buyerId: 'Buyer1',
        totalPrice: '145.50',
        tickets: [
          { ...common, ticketId: tickets[0]?.ticketId, zoneId: 1, row: 'A', column: '3', price: '100.00' },
          { ...common, ticketId: tickets[1]?.ticketId, zoneId: 2, row: null, column: null, price: '45.50' },
        ],
      },
    ]);
  });

  it('shows its owner what its tickets are sold as, and what they were exchanged for', async () => {
    const event = await openTestEvent();
    const terms = { category: 'A', ticketType: 'child', promotion: 'EARLYBIRD', fullPriceMinor: 12_500 };
    const sale = purchasedOrder(event, {
      sequence: 1,
      buyerId: 'auth0|ann@example.org',
      tickets: [{ zoneId: 1, row: 'Loge 3', column: '12A', priceMinor: 10_000, ...terms }],
    });
    const exchange = exchanged(sale, 2, [0], [{ zoneId: 1, row: '7', column: 12 }]);
    await projectDomainEvents(db, [sale, exchange]);
    const [[before], [after]] = [sale.data.tickets, exchange.data.replacements];
    const shown = { category: 'A', ticketType: 'child', price: '100.00', fullPrice: '125.00', promotion: 'EARLYBIRD' };
    expect(await read(sale)).toMatchObject({
      ...{ status: 'PAID', buyerId: 'auth0|ann@example.org', totalPrice: '100.00' },
      tickets: [
        {
          ...shown,
          ticketId: before?.ticketId,
          row: 'Loge 3',
          column: '12A',
          status: 'CANCELLED',
          exchangedFor: after?.ticketId,
        },
        { ...shown, ticketId: after?.ticketId, row: '7', column: '12', status: 'PAID', createdOn: exchange.time },
      ],
    });
    const one = async (headers: Record<string, string> = {}) =>
      (await app.inject({ url: `/query/api/v1/tickets/${before?.ticketId}`, headers })).json();
    const { promotion, ...toStrangers } = shown;
    const stranger = await one();
    expect(stranger).toMatchObject({ ...toStrangers, exchangedFor: after?.ticketId });
    expect(stranger).not.toHaveProperty('promotion');
    expect(stranger).not.toHaveProperty('orderId');
    expect(await one(asOperator)).toMatchObject({ ...toStrangers, promotion, orderId: sale.data.orderId });
  });

  it.each<[string, Record<string, string>]>([
    ['no token', {}],
    ["another order's token", asBuyerOf('0190b5f8-0000-7000-8000-000000000000')],
    ['a made-up token', { 'order-token': 'x'.repeat(22) }],
  ])(
    'cannot be read by anyone else: with %s the response is 403, the same as for an order that does not exist',
    async (_what, headers) => {
      const sale = await orderOf([seat(1)]);
      await projectDomainEvents(db, [sale]);
      const [there, missing] = await Promise.all(
        [sale.data.orderId, uuidv7()].map((orderId) => app.inject({ url: `/query/api/v1/orders/${orderId}`, headers })),
      );
      expect(there?.json()).toMatchObject({ code: 'ORDER_TOKEN_REQUIRED', errors: [{ header: 'Order-Token' }] });
      expect([missing?.statusCode, missing?.body]).toEqual([403, there?.body]);
    },
  );

  it('can be read by the operator without its token', async () => {
    const sale = await orderOf([seat(1)]);
    await projectDomainEvents(db, [sale]);
    const { orderId } = sale.data;
    const response = await app.inject({ url: `/query/api/v1/orders/${orderId}`, headers: asOperator });
    expect([response.statusCode, response.json().orderId]).toEqual([200, orderId]);
  });

  it('has no buyerId if its purchase had none', async () => {
    const sale = await orderOf([seat(1)]);
    await projectDomainEvents(db, [sale]);
    expect(await read(sale)).not.toHaveProperty('buyerId');
  });

  it('costs the sum of its remaining tickets, and is CANCELLED once none remains', async () => {
    const sale = await orderOf([seat(1, 1_000), seat(2, 200), seat(3, 30)]);
    const [first, second] = [cancelled(sale, 2, [1]), cancelled(sale, 3, [0, 2])];
    await projectDomainEvents(db, [sale, first]);
    expect(await read(sale)).toMatchObject({
      status: 'PAID',
      totalPrice: '10.30',
      tickets: [{ status: 'PAID' }, { status: 'CANCELLED' }, { status: 'PAID' }],
    });
    await projectDomainEvents(db, [second]);
    const tickets = Array.from({ length: 3 }, () => expect.objectContaining({ status: 'CANCELLED' }));
    expect(await read(sale)).toMatchObject({ status: 'CANCELLED', totalPrice: '0.00', tickets });
  });

  it('does not include conflicted tickets in its price', async () => {
    const sale = await orderOf([seat(1, 1_000)]);
    const { data } = sale;
    const again = purchasedOrder({ ...data, currency: 'USD' }, { sequence: 2, tickets: [seat(1, 1_000), seat(2, 200)] });
    await projectDomainEvents(db, [sale, again]);
    const tickets = [{ status: 'CONFLICTED' }, { status: 'PAID' }];
    expect(await read(again)).toMatchObject({ status: 'PAID', totalPrice: '2.00', tickets });
  });

  it('does not exist before its purchase is applied, even if its cancellation already is', async () => {
    const sale = await orderOf([seat(1)]);
    const problem = expect.objectContaining({ code: 'ORDER_NOT_FOUND' });
    const unknown = await get(uuidv7());
    expect([unknown.statusCode, unknown.json()]).toEqual([404, problem]);
    await projectDomainEvents(db, [cancelled(sale, 2)]);
    expect(await read(sale)).toEqual(problem);
    await projectDomainEvents(db, [sale]);
    expect(await read(sale)).toMatchObject({ status: 'CANCELLED' });
  });

  it.each(['7', "' OR ''='", '00000000-0000-0000-0000-000000000001'])('is a 400 for an invalid id: %s', async (orderId) => {
    const response = await get(encodeURIComponent(orderId));
    const errors = [expect.objectContaining({ parameter: 'orderId' })];
    expect([response.statusCode, response.json()]).toEqual([400, expect.objectContaining({ code: 'INVALID_REQUEST', errors })]);
  });

  it('may be cached only privately, and its ETag yields 304 until one of its tickets is cancelled', async () => {
    const sale = await orderOf([seat(1), seat(2)]);
    await projectDomainEvents(db, [sale]);
    const { headers } = await get(sale.data.orderId);
    expect(headers['cache-control']).toBe('private, no-cache');
    const known = { 'if-none-match': String(headers.etag) };
    expect((await get(sale.data.orderId, known)).statusCode).toBe(304);
    await projectDomainEvents(db, [cancelled(sale, 2, [0])]);
    expect((await get(sale.data.orderId, known)).statusCode).toBe(200);
  });
});
