import type { Inventory } from '../../services/purchase/seats/inventory.ts';
import type { History } from './history.ts';
import { findLost, findUnexplained } from './judge-promises.ts';
import { findBrokenHolds, findOverLimit, findOversold } from './judge-seats.ts';
import type { TicketRow } from './read-tickets.ts';

/** What is wrong, each in words; empty where nothing is. */
export type Verdict = {
  /** Promises that were not kept: tickets that are missing, of another seat or price, or not as their buyer left them. */
  lost: string[];
  /** Places that two had at once. */
  oversold: string[];
  /** Tickets that nobody bought. */
  unexplained: string[];
  /** Holds and limits that did not hold, and answers that nobody may ever be given. */
  broken: string[];
};

/** Compares all that the buyers of a run saw with all tickets that there are of its events. */
export function judge(history: History, tickets: TicketRow[], events: Inventory[]): Verdict {
  return {
    lost: findLost(history, tickets),
    oversold: findOversold(history, tickets, events),
    unexplained: findUnexplained(history, tickets, events),
    broken: [...findBrokenHolds(history, tickets), ...findOverLimit(tickets, events), ...history.surprises],
  };
}

export const isRight = (verdict: Verdict) => Object.values(verdict).every((faults) => faults.length === 0);
