import { describe, expect, it } from 'vitest';
import { type Facts, judge, type TicketFact, ticketsTold } from './verdict.ts';

const ticket = (ticketId: string, column: number, changes: Partial<TicketFact> = {}): TicketFact => ({
  ticketId,
  zoneId: 1,
  row: 'A',
  column: String(column),
  status: 'PAID',
  price: '100.00',
  currency: 'USD',
  ...changes,
});
const kept = (ticketId: string, column: number, changes: Partial<TicketFact> = {}) =>
  ticket(ticketId, column, { price: '100.0000', ...changes });

/** Three seats, four buyers; all seats are sold and nothing is wrong. */
const right: Facts = {
  seats: [1, 2, 3].map((column) => ({ zoneId: 1, row: 'A', column })),
  currency: 'USD',
  buyers: 4,
  told: [ticket('a', 1), ticket('b', 2), ticket('c', 3)],
  failedRequests: 0,
  kept: [kept('a', 1), kept('b', 2), kept('c', 3)],
  revenue: '300.00',
};
const clean = { sold: 3, unsold: 0, oversold: 0, lost: 0, unanswered: 0, isRight: true };
const wrong = (found: object) => ({ isRight: false, ...found });
const [a, b, c] = right.kept as [TicketFact, TicketFact, TicketFact];
const [toldA, toldB] = right.told as [TicketFact, TicketFact];

describe('the judge of a sale', () => {
  it('finds nothing wrong in a correct sale', () => {
    expect(judge(right)).toMatchObject({ ...clean, examples: [], revenue: { isExact: true, expected: 30_000n } });
  });

  it.each<[string, Partial<Facts>, object]>([
    ['a seat that two answers name', { told: [...right.told, ticket('d', 3)] }, { oversold: 1, lost: 1 }],
    ['a ticket that two answers name', { told: [...right.told, toldA] }, { oversold: 1, lost: 0 }],
    ['a seat that three answers name', { told: [...right.told, toldA, toldA] }, { oversold: 2 }],
    ['two live tickets for a seat', { kept: [...right.kept, kept('d', 3)], revenue: '400.00' }, { oversold: 1, lost: 0 }],
    ['a seat that does not exist', { told: [toldA, toldB, ticket('c', 4)], kept: [a, b, kept('c', 4)] }, { oversold: 1 }],
    ['a ticket that MySQL does not have', { kept: [a, b] }, { lost: 1, oversold: 0 }],
    ['every ticket lost if MySQL has none', { kept: [], revenue: '0.00' }, { lost: 3, oversold: 0 }],
    ['a ticket at another seat', { told: [toldA, toldB, ticket('c', 3)], kept: [a, b, kept('c', 2)] }, { lost: 1, oversold: 1 }],
    ['a ticket at another price', { kept: [a, b, kept('c', 3, { price: '99.9900' })] }, { lost: 1 }],
    ['a price that is finer than a cent', { kept: [a, b, kept('c', 3, { price: '100.0001' })] }, { lost: 1 }],
    ['a ticket in another currency', { kept: [a, b, kept('c', 3, { currency: 'EUR' })] }, { lost: 1 }],
    ['a ticket that was cancelled', { kept: [a, b, kept('c', 3, { status: 'CANCELLED' })] }, { lost: 1 }],
    ['a ticket that is in conflict', { kept: [a, b, kept('c', 3, { status: 'CONFLICTED' })] }, { lost: 1 }],
    ['a ticket that no answer names', { told: [toldA, toldB], buyers: 2 }, { oversold: 1, unanswered: 0 }],
    ['a wanted seat that nobody got', { told: [toldA, toldB], kept: [a, b], revenue: '200.00' }, { unsold: 1, lost: 0 }],
    ['a sale in which nothing was sold', { told: [], kept: [], revenue: '0.00', failedRequests: 4 }, { unsold: 3 }],
  ])('finds %s', (_what, changes, found) => {
    expect(judge({ ...right, ...changes })).toMatchObject(wrong(found));
  });

  it.each(['299.99', '300.01', '0.00', '300.001'])('finds a revenue of %s', (revenue) => {
    expect(judge({ ...right, revenue })).toMatchObject(wrong({ lost: 0, oversold: 0, revenue: { isExact: false } }));
  });

  it('attributes a ticket that no answer names to a failed request, and counts its price', () => {
    const facts = { ...right, told: [toldA, toldB], failedRequests: 1 };
    expect(judge(facts)).toMatchObject({ ...clean, sold: 2, unanswered: 1, revenue: { isExact: true } });
    const more = { ...facts, told: [toldA] };
    expect(judge(more)).toMatchObject(wrong({ unanswered: 1, oversold: 1 }));
  });

  it('finds an unanswered sale of a seat that another buyer holds', () => {
    const facts = { ...right, kept: [a, b, c, kept('d', 3)], failedRequests: 1, revenue: '400.00' };
    expect(judge(facts)).toMatchObject(wrong({ unanswered: 1, oversold: 1 }));
  });

  it('expects no more seats to be sold than there were buyers', () => {
    expect(judge({ ...right, buyers: 1, told: [toldA], kept: [a], revenue: '100.00' })).toMatchObject({ ...clean, sold: 1 });
  });
});

it("collects the buyers' tickets from both ticket and order answers", () => {
  const order = { orderId: 'o', tickets: [ticket('b', 2), ticket('c', 3)] };
  expect(ticketsTold([JSON.stringify(toldA), JSON.stringify(order)])).toEqual(right.told);
});
