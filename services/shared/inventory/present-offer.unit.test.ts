import { describe, expect, it } from 'vitest';
import { presentOffer } from './present-offer.ts';

const [before, after] = [Date.UTC(2026, 0, 1), Date.UTC(2026, 5, 1)];
const changeMs = Date.UTC(2026, 2, 1);
const steps = [
  { fromMs: 0, minor: 1_500 },
  { fromMs: changeMs, minor: 2_000 },
];
const stalls = { categoryId: 'A', name: 'Stalls', prices: { '': [{ fromMs: 0, minor: 5_000 }], child: steps } };
const types = [
  { ticketTypeId: 'adult', name: 'Adult' },
  { ticketTypeId: 'child', name: 'Child', limit: 200 },
];

describe('an offer as buyers see it', () => {
  it('has the price of each ticket type now, and when it changes', () => {
    const offer = { categories: [stalls], ticketTypes: types, promotions: [] };
    const adult = { ticketType: 'adult', price: '50.00', changes: [] };
    expect(presentOffer(offer, 'EUR', before).categories).toEqual([
      {
        categoryId: 'A',
        name: 'Stalls',
        prices: [adult, { ticketType: 'child', price: '15.00', changes: [{ at: '2026-03-01T00:00:00.000Z', price: '20.00' }] }],
      },
    ]);
    for (const nowMs of [changeMs, after]) {
      const [category] = presentOffer(offer, 'EUR', nowMs).categories;
      expect(category?.prices).toEqual([adult, { ticketType: 'child', price: '20.00', changes: [] }]);
    }
  });

  it('has one price without a ticket type if the event has no ticket types', () => {
    const [category] = presentOffer({ categories: [stalls], ticketTypes: [], promotions: [] }, 'EUR', before).categories;
    expect(category?.prices).toEqual([{ ticketType: null, price: '50.00', changes: [] }]);
  });

  it('leaves out a ticket type that is not sold in the category', () => {
    const balcony = { ...stalls, prices: { child: steps } };
    const [category] = presentOffer({ categories: [balcony], ticketTypes: types, promotions: [] }, 'EUR', before).categories;
    expect(category?.prices.map(({ ticketType }) => ticketType)).toEqual(['child']);
  });

  it('has neither limits nor promotions', () => {
    const promotions = [{ promotionId: 'SECRET', percent: 20 }];
    const offered = presentOffer({ categories: [], ticketTypes: types, promotions }, 'EUR', before);
    expect(offered).toEqual({
      categories: [],
      ticketTypes: [
        { ticketTypeId: 'adult', name: 'Adult' },
        { ticketTypeId: 'child', name: 'Child' },
      ],
    });
  });
});
