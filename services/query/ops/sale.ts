import { recently } from '../../shared/basics/recently.ts';
import { salesSecondsKey } from '../../shared/inventory/keys.ts';
import { type EventSales, latencyOf, type SalesSecond } from '../../shared/inventory/sales-seconds.ts';
import { orUnavailable, type RedisClient } from '../../shared/stores/redis.ts';
import { formatMoney } from '../../shared/terms/money.ts';
import type { SecondOfSale } from './messages.ts';

/** How far back the operator's page shows. */
const historyMs = 5 * 60_000;
/** Just under a second, because callers ask once a second. */
const readEveryMs = 900;
const entriesAtOnce = 1_000;

type Entry = [id: string, fields: string[]];

/** The returned function reads the seconds of the last minutes, each from Redis only once. It throws an UnavailableError. */
export function createSalesReader(redis: RedisClient): () => Promise<readonly SalesSecond[]> {
  let seconds: SalesSecond[] = [];
  let next = String(Date.now() - historyMs);
  return recently(async () => {
    let entries: Entry[];
    do {
      entries = await orUnavailable(redis.xrange(salesSecondsKey, next, '+', 'COUNT', entriesAtOnce));
      seconds.push(...entries.map(([, [, json = '']]) => JSON.parse(json) as SalesSecond));
      const last = entries.at(-1);
      if (last) next = `(${last[0]}`;
    } while (entries.length === entriesAtOnce);
    const since = Date.now() - historyMs;
    seconds = seconds.filter(({ at }) => at >= since);
    return seconds;
  }, readEveryMs);
}

/** Adds up what all processes did for an event, second by second, in order of time. */
export function secondsOf(seconds: readonly SalesSecond[], eventId: string, currency: string): SecondOfSale[] {
  const bySecond = Map.groupBy(seconds, ({ at }) => at);
  return [...bySecond]
    .toSorted(([a], [b]) => a - b)
    .map(([at, together]) => {
      const events = together.flatMap(({ events: all }) => (Object.hasOwn(all, eventId) ? (all[eventId] ?? []) : []));
      const total = (of: keyof Omit<EventSales, 'refused'>) => events.reduce((sum, event) => sum + event[of], 0);
      const { SERVICE_UNAVAILABLE: overloaded = 0, ...unavailable } = totals(together.map((second) => second.unavailable));
      return {
        at,
        ticketsSold: total('sold'),
        revenue: formatMoney(total('soldMinor'), currency),
        ticketsHeld: total('held'),
        ticketsCancelled: total('cancelled'),
        refused: totals([unavailable, ...events.map(({ refused }) => refused)]),
        overloaded,
        latencyMs: percentiles(together.flatMap(({ latency }) => latency)),
      };
    });
}

function totals(counts: Record<string, number>[]): Record<string, number> {
  const sums = new Map<string, number>();
  for (const [name, count] of counts.flatMap((some) => Object.entries(some))) sums.set(name, (sums.get(name) ?? 0) + count);
  return Object.fromEntries(sums);
}

function percentiles(latency: SalesSecond['latency']): SecondOfSale['latencyMs'] {
  const sorted = latency.toSorted(([a], [b]) => a - b);
  const all = sorted.reduce((sum, [, responses]) => sum + responses, 0);
  if (all === 0) return null;
  const at = (share: number) => {
    let seen = 0;
    const found = sorted.find(([, responses]) => {
      seen += responses;
      return seen >= share * all;
    });
    return Math.round(latencyOf(found?.[0] ?? 0) * 10) / 10;
  };
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99) };
}
