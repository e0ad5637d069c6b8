import { getOrInsertComputed } from '../../shared/basics/get-or-insert.ts';
import type { ProblemCode } from '../../shared/http/problems.ts';
import type { Cancelled, Held, Refusal, Sold } from '../../shared/inventory/decisions.ts';
import { type EventSales, latencyBucket, type SalesSecond } from '../../shared/inventory/sales-seconds.ts';

export type SalesCounters = ReturnType<typeof createSalesCounters>;

type Outcome = Sold | Held | Cancelled | Refusal;

type Second = { events: Map<string, EventSales>; unavailable: SalesSecond['unavailable']; latency: Map<number, number> };

const nothing = (): Second => ({ events: new Map(), unavailable: {}, latency: new Map() });
const noneOfEvent = (): EventSales => ({ sold: 0, soldMinor: 0, held: 0, cancelled: 0, refused: {} });

/** Counts what this process has sold, held, cancelled and refused: in total since it started, and by event since the last `takeSecond`. */
export function createSalesCounters() {
  const total = { sold: 0, held: 0, cancelled: 0, refused: new Map<string, number>() };
  let second = nothing();

  return {
    /** Tickets, and requests by the code of their refusal. */
    total: total as Readonly<typeof total>,

    /** Counts an outcome, unless it is a replay: a client that repeats a request must not count twice. */
    count(eventId: string, outcome: Outcome): void {
      if (outcome.isReplay) return;
      switch (outcome.kind) {
        case 'refused':
          refuse(eventId, outcome.code);
          break;
        case 'sold':
          add(eventId, 'sold', outcome.order.tickets.length, priceOf(outcome.order));
          break;
        case 'held':
          add(eventId, 'held', outcome.order.tickets.length);
          break;
        case 'cancelled':
          add(eventId, 'cancelled', outcome.count);
          break;
        default:
          outcome satisfies never;
      }
    },

    /** Counts a request that could not be decided, whatever its event. */
    countUnavailable(code: ProblemCode): void {
      addOne(total.refused, code);
      second.unavailable[code] = (second.unavailable[code] ?? 0) + 1;
    },

    /** Counts a response by its latency. */
    countResponse(ms: number): void {
      addOne(second.latency, latencyBucket(ms));
    },

    /** Returns what was counted since the last call, or undefined if nothing was. */
    takeSecond(): Omit<SalesSecond, 'at'> | undefined {
      const { events, unavailable, latency } = second;
      if (latency.size === 0 && events.size === 0 && Object.keys(unavailable).length === 0) return undefined;
      second = nothing();
      return { events: Object.fromEntries(events), unavailable, latency: [...latency] };
    },
  };

  function add(eventId: string, what: 'sold' | 'held' | 'cancelled', tickets: number, soldMinor = 0): void {
    total[what] += tickets;
    const event = eventOf(eventId);
    event[what] += tickets;
    event.soldMinor += soldMinor;
  }

  function refuse(eventId: string, code: Refusal['code']): void {
    addOne(total.refused, code);
    // Clients can make up any number of event ids, which must not fill the memory.
    if (code === 'EVENT_NOT_FOUND') return;
    const { refused } = eventOf(eventId);
    refused[code] = (refused[code] ?? 0) + 1;
  }

  function eventOf(eventId: string): EventSales {
    return getOrInsertComputed(second.events, eventId, noneOfEvent);
  }
}

const priceOf = ({ tickets }: Sold['order']) => tickets.reduce((sum, { priceMinor }) => sum + priceMinor, 0);

const addOne = <Key>(counts: Map<Key, number>, key: Key) => counts.set(key, (counts.get(key) ?? 0) + 1);
