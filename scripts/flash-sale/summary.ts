import { formatMoney } from '../../services/shared/terms/money.ts';
import type { Sale, SaleOptions } from './hold-sale.ts';
import { formatCount, formatMs, formatSeconds } from './show.ts';
import type { Verdict } from './verdict.ts';

/** One figure of a verdict. `isGood` is undefined if it is not judged. */
export type Figure = { name: string; value: string; note?: string; isGood?: boolean };

/** A sale and its verdict as figures, formatted for people. */
export function figuresOf({ options, inventory, load, queryableMs }: Sale, verdict: Verdict): Figure[] {
  const { sold, unsold, oversold, lost, unanswered, revenue } = verdict;
  const { currency } = inventory;
  const failed = Object.values(load.failed).reduce((sum, count) => sum + count, 0);
  const isSoldOut = sold + unanswered === options.seats;
  const { p50, p95, p99, max } = load.latency;
  const figures: (Figure | false)[] = [
    { name: 'Seats sold', value: formatCount(sold), note: `of ${formatCount(options.seats)}`, isGood: unsold === 0 },
    unsold > 0 && { name: 'Wanted but not sold', value: formatCount(unsold), isGood: false },
    { name: 'Oversold', value: formatCount(oversold), isGood: oversold === 0 },
    { name: 'Lost', value: formatCount(lost), isGood: lost === 0 },
    unanswered > 0 && { name: 'Sold, answer not received', value: formatCount(unanswered) },
    {
      name: 'Revenue',
      value: `${grouped(revenue.found)} ${currency}`,
      note: revenue.isExact ? 'exact' : `but buyers paid ${grouped(formatMoney(revenue.expected, currency))}`,
      isGood: revenue.isExact,
    },
    sold > 0 && {
      name: isSoldOut ? 'Sold out after' : 'Last seat sold after',
      value: formatSeconds(load.lastAcceptedMs),
      note: 'from the first request',
    },
    queryableMs === undefined
      ? { name: 'All queryable after', value: 'never', isGood: false }
      : {
          name: 'All queryable after',
          value: formatSeconds(queryableMs),
          note: `${formatSeconds(Math.max(0, queryableMs - load.lastAcceptedMs))} after the last sale`,
        },
    {
      name: 'Requests',
      value: `${formatCount(requestsPerSecond({ load }))}/s`,
      note: [`${formatCount(options.buyers)} in all`, countsInWords(load.refused)].filter(Boolean).join(', '),
    },
    { name: 'Latency p50', value: formatMs(p50) },
    { name: 'Latency p95', value: formatMs(p95) },
    { name: 'Latency p99', value: formatMs(p99) },
    { name: 'Latency max', value: formatMs(max) },
    failed > 0 && { name: 'Failed requests', value: formatCount(failed), note: countsInWords(load.failed), isGood: false },
  ];
  return figures.filter((figure) => figure !== false);
}

/** Answered requests per second. */
export function requestsPerSecond({ load }: Pick<Sale, 'load'>): number {
  const answered = Object.values(load.refused).reduce((sum, count) => sum + count, load.accepted);
  return (answered * 1_000) / Math.max(1, load.elapsedMs);
}

/** 5,000,000.00 */
const grouped = (amount: string) => amount.replace(/^\d+/, (digits) => BigInt(digits).toLocaleString('en-US'));

const countsInWords = (counts: Record<string, number>) =>
  Object.entries(counts)
    .map(([what, count]) => `${formatCount(count)} ${what}`)
    .join(', ');

/** A verdict in one sentence. */
export function sentenceOf({ unsold, oversold, lost, revenue, isRight }: Verdict): string {
  if (isRight) return 'Nothing was oversold, nothing was lost, and the revenue is exact.';
  const faults = [
    oversold > 0 && `${formatCount(oversold)} oversold`,
    lost > 0 && `${formatCount(lost)} lost`,
    !revenue.isExact && 'the revenue is not exact',
    unsold > 0 && `${formatCount(unsold)} wanted seats were not sold`,
  ];
  return `Wrong: ${faults.filter((fault) => fault !== false).join(', ')}.`;
}

/** The description of a sale before it starts. */
export function introductionOf({ seats, buyers, best, connections, seed }: SaleOptions): string {
  const duplicates = buyers > seats ? ` (${formatCount(((buyers - seats) / seats) * 100)} % duplicate attempts)` : '';
  const wish = best ? 'the best seat left in a zone' : 'a seat of their choice';
  return `${formatCount(seats)} seats, ${formatCount(buyers)} buyers${duplicates}, each wanting ${wish}; ${formatCount(connections)} connections, seed ${seed}`;
}

/** How the requests are sent, and why. */
export const directly =
  'Requests go directly to the purchase service: a load balancer would run on another machine. A rehearsal warmed up the services.';
