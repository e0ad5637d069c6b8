import { describe, expect, it } from 'vitest';
import { amountOf } from './amount.ts';
import type { Refund } from './refund.ts';

const tickets = [
  { ticketId: 'A', priceMinor: 10_000 },
  { ticketId: 'B', priceMinor: 5_000 },
];
const refund = (amountMinor: number, changes: Partial<Refund> = {}) => ({ amountMinor, state: 'done', ...changes }) as Refund;
const of = (...refunds: Refund[]) => ({ capturedMinor: 15_000, currency: 'USD', tickets, refunds });

describe('a refund', () => {
  it('of the whole order is all that is left of what was captured', () => {
    expect(amountOf({}, of())).toEqual({ amountMinor: 15_000 });
    expect(amountOf({}, of(refund(10_000, { ticketIds: ['A'] }), refund(700, { ticketIds: [] })))).toEqual({
      amountMinor: 4_300,
    });
  });

  it('of tickets is what they were sold for', () => {
    expect(amountOf({ ticketIds: ['B'] }, of())).toEqual({ amountMinor: 5_000, ticketIds: ['B'] });
    expect(amountOf({ ticketIds: ['A', 'B'] }, of())).toEqual({ amountMinor: 15_000, ticketIds: ['A', 'B'] });
  });

  it('of an amount cancels no ticket', () => {
    expect(amountOf({ amountMinor: 15_000 }, of())).toEqual({ amountMinor: 15_000, ticketIds: [] });
  });

  it.each(['created', 'pending', 'done', 'external'] as const)('counts what is %s', (state) => {
    const paid = of(refund(14_000, { state, ticketIds: [] }));
    expect(amountOf({ amountMinor: 1_001 }, paid)).toEqual({ refused: 'REFUND_TOO_MUCH', leftMinor: 1_000, currency: 'USD' });
    expect(amountOf({ ticketIds: ['B'] }, paid)).toMatchObject({ refused: 'REFUND_TOO_MUCH' });
    expect(amountOf({}, paid)).toEqual({ amountMinor: 1_000 });
  });

  it.each(['failed', 'cancelled'] as const)('does not count what has %s, which can be asked for again', (state) => {
    expect(amountOf({ ticketIds: ['A'] }, of(refund(10_000, { state, ticketIds: ['A'] })))).toMatchObject({
      amountMinor: 10_000,
    });
    expect(amountOf({}, of(refund(15_000, { state })))).toEqual({ amountMinor: 15_000 });
  });

  it('is refused for a ticket that was refunded, alone or with its order, was exchanged, or is of another order', () => {
    expect(amountOf({ ticketIds: ['A'] }, of(refund(10_000, { ticketIds: ['A'] })))).toEqual({ refused: 'TICKET_REFUNDED' });
    expect(amountOf({ ticketIds: ['A'] }, of(refund(15_000)))).toEqual({ refused: 'TICKET_REFUNDED' });
    expect(amountOf({ ticketIds: ['C'] }, of())).toEqual({ refused: 'TICKET_NOT_FOUND' });
    const exchanged = { ...of(), tickets: [{ ticketId: 'A', priceMinor: 10_000, exchangedFor: 'B' }, ...tickets.slice(1)] };
    expect(amountOf({ ticketIds: ['A'] }, exchanged)).toEqual({ refused: 'TICKET_NOT_FOUND' });
  });

  it('of an order of which nothing is left is refused; but its tickets can still be cancelled after all its money went back', () => {
    const nothing = { refused: 'NOTHING_TO_REFUND', leftMinor: 0, currency: 'USD' };
    expect(amountOf({}, of(refund(15_000)))).toEqual(nothing);
    expect(amountOf({}, of(refund(15_000, { ticketIds: ['A', 'B'] })))).toEqual(nothing);
    expect(amountOf({}, of(refund(15_000, { ticketIds: [] })))).toEqual({ amountMinor: 0 });
    expect(amountOf({}, of(refund(20_000, { state: 'external', ticketIds: [] })))).toEqual({ amountMinor: 0 });
  });
});
