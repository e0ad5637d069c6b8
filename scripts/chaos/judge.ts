import type { Inventory } from '../../services/shared/inventory/inventory.ts';
import type { History } from './history.ts';
import { findLost, findUnexplained } from './judge-promises.ts';
import { findBrokenHolds, findOverLimit, findOversold } from './judge-seats.ts';
import type { TicketRow } from './read-tickets.ts';

/** The faults found, in words; empty lists if all is right. */
export type Verdict = {
  /** Broken promises: tickets that are missing, that have another seat or price, or that are not as their buyer left them. */
  lost: string[];
  /** Places that two buyers had at the same time. */
  oversold: string[];
  /** Tickets that nobody bought. */
  unexplained: string[];
  /** Violated holds and limits, and answers that must never be given. */
  broken: string[];
};

/** Compares everything that a run's buyers saw with all tickets of its events. */
export function judge(history: History, tickets: TicketRow[], events: Inventory[]): Verdict {
  return {
    lost: findLost(history, tickets),
    oversold: findOversold(history, tickets, events),
    unexplained: findUnexplained(history, tickets, events),
    broken: [...findBrokenHolds(history, tickets), ...findOverLimit(tickets, events), ...history.surprises],
  };
}

export const isRight = (verdict: Verdict) => Object.values(verdict).every((faults) => faults.length === 0);
