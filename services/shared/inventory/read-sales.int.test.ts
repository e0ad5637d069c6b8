import { expect, it } from 'vitest';
import { purchased } from '../../../scripts/testing/purchases.ts';
import { db, openTestEvent } from '../../../scripts/testing/stores.ts';
import { projectDomainEvents } from '../../persistence/projections/project.ts';
import { readSales } from './read-sales.ts';

it("counts tickets whose prices have more digits than their event's currency, and shows the exact sum", async () => {
  const event = await openTestEvent();
  const { eventId, venueId } = event;
  await projectDomainEvents(db, [purchased(event, { sequence: 1, priceMinor: 1_050 })]);
  // Events could be like this before such prices were refused.
  await db.updateTable('events').set({ currency: 'JPY' }).where('event_id', '=', eventId).execute();
  expect(await readSales(db, eventId)).toEqual({ venueId, currency: 'JPY', count: 1, totalRevenue: '10.5' });
});
