import { describe, expect, it } from 'vitest';
import { parseEventFile } from './event-file.ts';

const event = { eventId: 'E', name: 'An event', onSaleAt: '2026-05-01T10:00:00Z', currency: 'EUR' };
const ticketTypes = [
  { ticketTypeId: 'adult', name: 'Adult' },
  { ticketTypeId: 'child', limit: 200 },
];
const categories = [
  { categoryId: 'A', name: 'Stalls', price: '50.00' },
  { categoryId: 'B', prices: { adult: '30.00', child: [{ price: '15.00' }, { from: '2026-12-24T00:00:00Z', price: '20.00' }] } },
];
const zones = [{ zoneId: 1, capacity: 9, category: 'A' }];

const parse = (changes: object) =>
  parseEventFile(
    JSON.stringify({ venue: { venueId: 'V', name: 'A venue' }, event, ticketTypes, categories, zones, ...changes }),
    Date.UTC(2026, 4, 1),
  );

describe('an event file', () => {
  it('may have ticket types, and price categories whose prices change at set times', () => {
    expect(parse({}).inventory.offer).toEqual({
      ticketTypes: [
        { ticketTypeId: 'adult', name: 'Adult' },
        { ticketTypeId: 'child', name: 'child', limit: 200 },
      ],
      categories: [
        { categoryId: 'A', name: 'Stalls', prices: { '': [{ fromMs: 0, minor: 5_000 }] } },
        {
          categoryId: 'B',
          name: 'B',
          prices: {
            adult: [{ fromMs: 0, minor: 3_000 }],
            child: [
              { fromMs: 0, minor: 1_500 },
              { fromMs: Date.UTC(2026, 11, 24), minor: 2_000 },
            ],
          },
        },
      ],
      promotions: [],
    });
    const without = parse({ ticketTypes: [], categories: [], zones: [{ zoneId: 1, capacity: 9, price: '1' }] });
    expect(without.inventory).not.toHaveProperty('offer');
  });

  it('may have promotions: by a code, or for the first tickets', () => {
    const from = '2026-05-01T10:00:00Z';
    const promotions = [
      { code: 'EarlyBird', percent: 20, tickets: 100, orders: 50, ticketsPerBuyer: 2, from, until: '2026-06-01T00:00:00Z' },
      { code: 'CHILD', amount: '2.50', categories: ['A'], ticketTypes: ['child'] },
      { first: 500, price: '10.00' },
      { first: 10, price: '0', name: 'Lucky' },
    ];
    const limits = { tickets: 100, orders: 50, ticketsPerBuyer: 2 };
    expect(parse({ promotions }).inventory.offer?.promotions).toEqual([
      { promotionId: 'EARLYBIRD', percent: 20, ...limits, fromMs: Date.UTC(2026, 4, 1, 10), untilMs: Date.UTC(2026, 5, 1) },
      { promotionId: 'CHILD', amountMinor: 250, categories: ['A'], ticketTypes: ['child'] },
      { promotionId: 'FIRST500', isAutomatic: true, tickets: 500, priceMinor: 1_000 },
      { promotionId: 'LUCKY', isAutomatic: true, tickets: 10, priceMinor: 0 },
    ]);
  });

  it('may say when the sale ends, when the event begins and in which time zone, and how many tickets an order may have', () => {
    const times = { onSaleAt: '2026-05-01T12:00', offSaleAt: '2026-12-01T19:00', startsAt: '2026-12-01T19:30:00+01:00' };
    const venue = { venueId: 'V', name: 'A venue', timeZone: 'Europe/Vienna' };
    const plan = parse({
      venue,
      event: { ...event, ...times, ticketsPerOrder: 50 },
      categories: [{ categoryId: 'A', price: [{ price: '1' }, { from: '2026-11-01T00:00', price: '2' }] }],
    });
    expect(plan.inventory.offer?.categories[0]?.prices['']?.[1]).toEqual({ fromMs: Date.UTC(2026, 9, 31, 23), minor: 200 });
    expect(plan).toMatchObject({ startsAtMs: Date.UTC(2026, 11, 1, 18, 30), timeZone: 'Europe/Vienna' });
    expect(plan.inventory).toMatchObject({ offSaleAtMs: Date.UTC(2026, 11, 1, 18), ticketsPerOrder: 50 });
  });

  const promotion = { code: 'X', percent: 10 };
  const category = (price: unknown) => ({ categories: [{ categoryId: 'A', price }] });
  it.each<[string, object, string]>([
    [
      'a type twice',
      { ticketTypes: [...ticketTypes, { ticketTypeId: 'adult' }] },
      '/ticketTypes have the ticketTypeId adult twice',
    ],
    ['a type without tickets', { ticketTypes: [{ ticketTypeId: 'a', limit: 0 }] }, '/ticketTypes/0/limit must be at least 1'],
    ['a type that has no id', { ticketTypes: [{ name: 'Adult' }] }, '/ticketTypes/0/ticketTypeId is missing'],
    ['too many types', { ticketTypes: Array.from({ length: 21 }, (_, n) => ({ ticketTypeId: `t${n}` })) }, 'at most 20 items'],
    ['a category twice', { categories: [...categories, categories[0]] }, '/categories have the categoryId A twice'],
    ['a category without a price', { categories: [{ categoryId: 'A' }] }, '/categories/0 needs a price, or prices'],
    ['a price too fine', category('1.005'), '/categories/0/price "1.005" has more than 2 decimals'],
    ['a price that is a number', category(5), '/categories/0/price must be a string, or must be a list'],
    ['a price too high', category([{ price: '99999999999999' }]), '/categories/0/price/0/price must be at most'],
    ['a first price with a time', category([{ from: '2026-12-24T00:00:00Z', price: '1' }]), '/price/0/from must be left out'],
    ['a second price without one', category([{ price: '1' }, { price: '2' }]), '/categories/0/price/1/from is missing'],
    [
      'prices out of order',
      category([{ price: '1' }, ...['2', '1'].map((month) => ({ price: month, from: `2027-0${month}-01T00:00:00Z` }))]),
      '/categories/0/price/2/from must be later than the one before it',
    ],
    ['a price at no time', category([{ price: '1' }, { from: '2027-02-30T00:00:00Z', price: '2' }]), '/price/1/from has day 30'],
    [
      'prices of unknown types',
      { categories: [{ categoryId: 'A', prices: { adlt: '1' } }] },
      "/categories/0/prices/adlt is not one of the event's ticket types (adult, child)",
    ],
    ['types that it has not', { ticketTypes: [], categories: [{ categoryId: 'A', prices: { b: '1' } }] }, '(it has none)'],
    ['a promotion twice', { promotions: [promotion, { code: 'x', amount: '1' }] }, '/promotions/1 is the second one named X'],
    ['a promotion for nobody', { promotions: [{ percent: 1 }] }, '/promotions/0 needs either a code, or first'],
    ['a promotion for both', { promotions: [{ ...promotion, first: 3 }] }, '/promotions/0 needs either a code, or first'],
    ['no reduction', { promotions: [{ code: 'X' }] }, '/promotions/0 needs exactly one of percent, amount and price'],
    ['two reductions', { promotions: [{ ...promotion, price: '1' }] }, '/promotions/0 needs exactly one of percent'],
    ['a reduction by nothing', { promotions: [{ code: 'X', amount: '0.00' }] }, '/promotions/0/amount must be more than 0'],
    ['a reduction by more than all', { promotions: [{ code: 'X', percent: 101 }] }, '/promotions/0/percent must be at most 100'],
    ['two names', { promotions: [{ ...promotion, name: 'Y' }] }, '/promotions/0/name is only for a promotion without a code'],
    ['two limits', { promotions: [{ first: 3, percent: 1, tickets: 4 }] }, '/promotions/0/tickets must be left out'],
    [
      'a promotion that ends before it begins',
      { promotions: [{ ...promotion, from: '2026-06-01T00:00:00Z', until: '2026-06-01T00:00:00Z' }] },
      '/promotions/0/until must be later than from',
    ],
    [
      'an unknown category',
      { promotions: [{ ...promotion, categories: ['A', 'C'] }] },
      '/promotions/0/categories/1 C is not one',
    ],
    ['an unknown type', { promotions: [{ ...promotion, ticketTypes: ['x'] }] }, '/promotions/0/ticketTypes/0 x is not one'],
    ['a code with a space', { promotions: [{ code: 'A B', percent: 1 }] }, '/promotions/0/code must be 1 to 32 letters'],
    ['an early end', { event: { ...event, offSaleAt: event.onSaleAt } }, '/event/offSaleAt must be later than onSaleAt'],
    [
      'an early beginning',
      { event: { ...event, startsAt: '2026-04-01T00:00:00Z' } },
      '/event/startsAt must be later than onSaleAt',
    ],
    ['a wrong time', { event: { ...event, startsAt: 'soon' } }, '/event/startsAt must be a date and time'],
    ['too large orders', { event: { ...event, ticketsPerOrder: 51 } }, '/event/ticketsPerOrder must be at most 50'],
    [
      'an offset as its time zone',
      { venue: { venueId: 'V', name: 'V', timeZone: '+01:00' } },
      '/venue/timeZone must be a time zone',
    ],
    [
      'an unknown time zone',
      { venue: { venueId: 'V', name: 'V', timeZone: 'Europe/Wien' } },
      '/venue/timeZone must be a time zone',
    ],
  ])('with %s is refused', (_what, changes, fault) => {
    expect(() => parse(changes)).toThrow(fault);
  });

  it('reports only the malformed ticket type, not the prices that name it', () => {
    const message = () => parse({ ticketTypes: [{ ticketTypeId: 'adult', limit: 0 }, { ticketTypeId: 'child' }] });
    expect(message).toThrow('/ticketTypes/0/limit');
    expect(message).not.toThrow('is not one of');
  });
});
