import { describe, expect, it } from 'vitest';
import { reportText } from '../../../scripts/onsale/report-command.ts';
import { plantCheckout, plantRefund } from '../../../scripts/testing/planted-payments.ts';
import { cancelled, exchanged, purchasedOrder } from '../../../scripts/testing/purchases.ts';
import { rowSeats, sell } from '../../../scripts/testing/sold-event.ts';
import { db, openTestEvent, unique } from '../../../scripts/testing/stores.ts';
import { projectDomainEvents } from '../../persistence/projections/project.ts';
import { readSales } from '../../shared/inventory/read-sales.ts';
import { dayOf, reportSales } from './report-sales.ts';

const nothing = { tickets: 0, faceValue: '0.00', discounts: '0.00', net: '0.00', cancelled: 0, exchanged: 0 };

/** Three orders on two days: reduced tickets, of which one is exchanged; a cancelled one; and a place without a category. */
async function soldEvent() {
  const event = await openTestEvent();
  const seat = (column: number) => ({ zoneId: 1, row: 'A', column, category: 'A' });
  const reduced = { ticketType: 'child', promotion: 'EARLYBIRD', fullPriceMinor: 5_001, priceMinor: 4_000 };
  const sold = (sequence: number, time: string, tickets: Parameters<typeof purchasedOrder>[1]['tickets']) => ({
    ...purchasedOrder(event, { sequence, tickets }),
    time,
  });
  const first = sold(
    1,
    '2026-05-01T22:30:00.000Z',
    [1, 2].map((column) => ({ ...seat(column), ...reduced })),
  );
  const second = sold(2, '2026-05-01T21:59:59.999Z', [{ ...seat(3), ticketType: 'adult', priceMinor: 5_001 }]);
  const third = sold(3, '2026-05-02T21:00:00.000Z', [{ zoneId: 2, priceMinor: 2_050 }]);
  await projectDomainEvents(db, [first, second, third, exchanged(first, 4, [0], [{ zoneId: 2 }]), cancelled(second, 5)]);
  return event;
}

describe('onsale report', () => {
  it('adds up what is paid, what promotions took off, and what was cancelled or exchanged, like counts and revenue', async () => {
    const { eventId } = await soldEvent();
    const { lines, total } = await reportSales(db, eventId);
    expect(lines).toEqual([]);
    expect(total).toEqual({ tickets: 3, faceValue: '120.52', discounts: '20.02', net: '100.50', cancelled: 1, exchanged: 1 });
    expect(await readSales(db, eventId)).toMatchObject({ count: total.tickets, totalRevenue: total.net });
  });

  it('divides it by category, ticket type and zone', async () => {
    const { eventId } = await soldEvent();
    const child = { tickets: 2, faceValue: '100.02', discounts: '20.02', net: '80.00', cancelled: 0, exchanged: 1 };
    const place = { ...nothing, tickets: 1, faceValue: '20.50', net: '20.50' };
    expect((await reportSales(db, eventId, 'type')).lines).toEqual([
      { key: '', name: '', ...place },
      { key: 'adult', name: '', ...nothing, cancelled: 1 },
      { key: 'child', name: '', ...child },
    ]);
    expect((await reportSales(db, eventId, 'category')).lines).toEqual([
      { key: '', name: '', ...place },
      { key: 'A', name: '', ...child, cancelled: 1 },
    ]);
    const reduced = { faceValue: '50.01', discounts: '10.01', net: '40.00' };
    expect((await reportSales(db, eventId, 'zone')).lines).toEqual([
      { key: '1', name: '', ...nothing, tickets: 1, ...reduced, cancelled: 1, exchanged: 1 },
      { key: '2', name: '', ...nothing, tickets: 2, faceValue: '70.51', discounts: '10.01', net: '60.50' },
    ]);
  });

  it("divides it by the days of sale in the venue's time zone, or else UTC", async () => {
    const { eventId } = await soldEvent();
    const { lines } = await reportSales(db, eventId, 'day');
    expect(lines.map(({ key, tickets, cancelled: gone }) => [key, tickets, gone])).toEqual([
      ['2026-05-01', 2, 1],
      ['2026-05-02', 1, 0],
    ]);
    await db.updateTable('events').set({ time_zone: 'Europe/Vienna' }).where('event_id', '=', eventId).execute();
    const { lines: inVienna } = await reportSales(db, eventId, 'day');
    // An exchange counts on its own day.
    expect(inVienna.map(({ key, tickets, exchanged: gone }) => [key, tickets, gone])).toEqual([
      ['2026-05-01', 1, 0],
      ['2026-05-02', 2, 1],
    ]);
  });

  it.each([
    ['2026-05-01T22:30:00Z', 'UTC', '2026-05-01'],
    ['2026-05-01T22:30:00Z', 'Europe/Vienna', '2026-05-02'],
    ['2026-12-01T22:30:00Z', 'Europe/Vienna', '2026-12-01'],
    ['2026-05-01T18:15:00Z', 'Asia/Kathmandu', '2026-05-02'],
    ['2026-05-01T18:00:00Z', 'Asia/Kathmandu', '2026-05-01'],
  ])('puts %s in %s on %s', (time, timeZone, day) => {
    expect(dayOf(Date.parse(time) / 900_000, timeZone)).toBe(day);
  });

  it('prints a table', async () => {
    const { eventId } = await soldEvent();
    const lines = reportText(await reportSales(db, eventId, 'category'), 'category').split('\n');
    expect(lines).toEqual([
      `${eventId} "An event", in USD`,
      '',
      'category  tickets  face value  discounts     net  cancelled  exchanged',
      'none            1       20.50       0.00   20.50          0          0',
      'A               2      100.02      20.02   80.00          1          1',
      'total           3      120.52      20.02  100.50          1          1',
    ]);
  });

  it('says what was refunded without cancelling a ticket, beside the total', async () => {
    const event = await openTestEvent();
    const { eventId } = event;
    const paid = await plantCheckout(event, await sell(event, rowSeats('A', 1)));
    for (const [state, amount] of [
      ['done', '1.50'],
      ['external', '2'],
      ['pending', '4'],
      ['failed', '8'],
      ['cancelled', '16'],
    ] as const)
      await plantRefund(paid, { state, amount, ticket_ids: '[]' });
    await plantRefund(paid, { amount: '32' });
    await plantRefund(await plantCheckout(event, undefined), { amount: '64', ticket_ids: '[]' });
    const report = await reportSales(db, eventId);
    expect(report.refundedByAmount).toBe('7.50');
    expect(reportText(report).split('\n').at(-1)).toBe(
      'Besides, 7.50 was refunded without cancelling tickets; net still contains it.',
    );
  });

  it('of an event without sales is zero', async () => {
    const { eventId } = await openTestEvent();
    expect(await reportSales(db, eventId, 'zone')).toMatchObject({
      lines: [],
      total: nothing,
      refundedByAmount: '0.00',
    });
    expect((await reportSales(db, eventId)).total).toEqual(nothing);
  });

  it('refuses an event that was never opened', async () => {
    await expect(reportSales(db, unique('event'))).rejects.toThrow('was never opened');
  });
});
