import { describe, expect, it } from 'vitest';
import type { SecondOfSale } from '../messages.ts';
import { chooseReasons, countReasons, reasonName, refusedIn, shownReasons } from './refusals.js';

const second = (refused: Record<string, number>, overloaded = 0): SecondOfSale => ({
  at: 0,
  ticketsSold: 0,
  revenue: '0.00',
  ticketsHeld: 0,
  ticketsCancelled: 0,
  refused,
  overloaded,
  latencyMs: null,
});

it('names a reason in plain words', () => {
  expect(reasonName('SEAT_TAKEN')).toBe('seat taken');
});

it('includes requests refused unread', () => {
  expect(refusedIn(second({ SEAT_TAKEN: 3, SOLD_OUT: 2 }, 4))).toBe(9);
});

describe('the reasons of a chart', () => {
  const many = second({ A: 9, B: 8, C: 7, D: 6, E: 5, F: 4, G: 3, H: 2 });

  it('are the most frequent ones, plus one for all others', () => {
    const slots = chooseReasons([many, second({ C: 1 })], []);
    expect(slots).toEqual(['A', 'B', 'C', 'D', 'E', 'F']);
    expect(countReasons(many, slots)).toEqual([9, 8, 7, 6, 5, 4, 5]);
  });

  it('keep their slots, and a newcomer takes the slot of a reason that is gone', () => {
    const slots = chooseReasons([many, second({ G: 20, F: 2 })], ['A', 'B', 'C', 'D', 'E', 'F']);
    expect(slots).toEqual(['A', 'B', 'C', 'D', 'G', 'F']);
  });

  it('are empty if nothing was refused', () => {
    expect(chooseReasons([second({ SEAT_TAKEN: 0 })], ['SEAT_TAKEN'])).toEqual(Array(shownReasons).fill(undefined));
  });
});
