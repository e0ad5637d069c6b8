import { expect, it } from 'vitest';
import { db, unique } from '../../../../scripts/testing/stores.ts';
import { readCatalogue, readDocument, writeCatalogue } from './catalogue.ts';
import { parseEventFile } from './event-file.ts';

it("MySQL's catalogue keeps everything that an event file says", async () => {
  const eventId = unique('Event');
  const { offsetMinutes, document, ...plan } = parseEventFile(
    JSON.stringify({
      venue: { venueId: 'Opera', name: 'The opera', timeZone: 'Europe/Vienna' },
      event: {
        eventId,
        name: 'Così fan tutte',
        onSaleAt: '2026-05-01T10:00',
        offSaleAt: '2026-12-01T18:00',
        startsAt: '2026-12-01T19:30',
        currency: 'EUR',
        holdSeconds: 90,
        ticketsPerBuyer: 6,
        ticketsPerOrder: 4,
      },
      ticketTypes: [{ ticketTypeId: 'adult' }, { ticketTypeId: 'child', name: 'Child', limit: 200 }],
      categories: [
        { categoryId: 'A', price: [{ price: '50' }, { from: '2026-11-01T00:00', price: '60' }] },
        { categoryId: 'B', name: 'Balcony', prices: { adult: '30', child: '15' } },
      ],
      promotions: [
        { code: 'EARLY', percent: 20, orders: 50, ticketsPerBuyer: 2, from: '2026-05-01T10:00', until: '2026-06-01T00:00' },
        { first: 500, amount: '2.50', categories: ['A'], ticketTypes: ['adult'] },
      ],
      zones: [
        {
          zoneId: 1,
          name: 'Parkett',
          category: 'A',
          focus: { row: 'Loge 3', seat: '12A' },
          rows: [
            { row: '1', seats: '21-1/2 _ 2-22/2', blocked: '1 3', wheelchair: '21', companion: '19', restrictedView: '22' },
            { row: '2', seats: '1-4', categories: { B: '1-2' }, x: 3, y: 1.5, angle: 10 },
            { row: 'Loge 3', seats: [{ seat: '12A', x: 1, y: 2 }, null, 'ä b'] },
            { row: 'Tisch 5', seats: '1-8', table: true, x: 4, y: 7 },
          ],
        },
        { zoneId: 2, rows: 3, columns: 5, price: '9.05', focus: { row: 'B', column: 1.5 }, blocked: { C: '1-5' } },
        { zoneId: 3, capacity: 40, category: 'B' },
        { zoneId: 4, capacity: 40, price: '0' },
      ],
    }),
    Date.UTC(2026, 4, 1),
  );
  expect(offsetMinutes).toBe(120);
  await db.transaction().execute((trx) => writeCatalogue(trx, { ...plan, ...(document && { document }) }));
  expect(await readCatalogue(db, eventId)).toEqual(plan);
  expect(await readDocument(db, eventId)).toEqual(document);

  const plain = { ...plan.inventory, zones: plan.inventory.zones.slice(3) };
  const { offSaleAtMs, ticketsPerBuyer, ticketsPerOrder, offer, ...inventory } = plain;
  const changed = { venueName: 'V', eventName: 'E', zoneNames: new Map([[4, 'Standing']]), inventory };
  await db.transaction().execute((trx) => writeCatalogue(trx, changed));
  expect(await readCatalogue(db, eventId)).toEqual(changed);
});
