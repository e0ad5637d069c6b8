import { formatNumber } from '../bench/rounds.ts';
import { alignColumns } from '../terminal/align-columns.ts';
import type { Overload } from './overload.ts';

/** The longest that an accepted request may take. */
const acceptedMs = 2_000;
const expected = ['201', '409', '503'];

/** The faults of an overload, in words; empty if purchase kept its promises. */
export function faultsOf({ flood, sold, promised }: Overload): string[] {
  const faults: string[] = [];
  const slowest = flood.answers['201']?.latency.max ?? 0;
  if (slowest > acceptedMs)
    faults.push(`an accepted order took ${formatNumber(slowest)} ms; the limit is ${formatNumber(acceptedMs)} ms`);
  for (const [what, { count }] of Object.entries(flood.answers)) {
    if (!expected.includes(what)) faults.push(`${count} requests ended with ${what}`);
  }
  if (sold !== promised) faults.push(`${sold} tickets were sold, but ${promised} were promised`);
  return faults;
}

export function textOf({ peakPerSecond, flood, rssBytes, health, recoveredMs, sold, promised }: Overload): string {
  const perSecond = (count = 0) => `${formatNumber((count * 1_000) / flood.elapsedMs)}/s`;
  const latencyOf = (status: string) => {
    const latency = flood.answers[status]?.latency;
    if (!latency) return 'none';
    return [latency.p50, latency.p99, latency.max].map((ms) => `${formatNumber(ms)} ms`).join(', ');
  };
  const mebibytes = (bytes: number | undefined) => (bytes === undefined ? 'unknown' : `${formatNumber(bytes / 2 ** 20)} MiB`);
  const offered = flood.sent / (flood.sent + flood.unsent);
  const rows: [string, string][] = [
    ['peak, closed loop', `${formatNumber(peakPerSecond)}/s`],
    ['offered, open loop', perSecond(flood.sent)],
    ['accepted', perSecond(flood.answers['201']?.count)],
    ['shed (503)', perSecond(flood.answers['503']?.count)],
    ['accepted: p50, p99, max', latencyOf('201')],
    ['shed (503): p50, p99, max', latencyOf('503')],
    ["purchase's memory (RSS): before, peak, after", [rssBytes.before, rssBytes.peak, rssBytes.after].map(mebibytes).join(', ')],
    [
      'health checks passed during the flood',
      `${health.healthy} of ${health.asked}; the slowest took ${formatNumber(health.slowestMs)} ms`,
    ],
    ['recovered (an order answered within 100 ms)', `${formatNumber(recoveredMs)} ms after the last arrival`],
    ['tickets: sold, promised', `${formatNumber(sold)}, ${formatNumber(promised)}`],
  ];
  const lines = alignColumns(rows).map((line) => `  ${line}`);
  if (offered < 0.95) {
    lines.push(
      `  The generator offered only ${formatNumber((flood.sent * 1_000) / flood.elapsedMs / peakPerSecond)} times the peak, because ` +
        `no connection was free for ${formatNumber(flood.unsent)} orders.`,
    );
  }
  return lines.join('\n');
}
