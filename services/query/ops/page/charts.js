import { createChart } from './chart.js';
import { watchTheme } from './colours.js';
import { element } from './dom.js';
import { formatCompact, formatCount, formatSeconds } from './format.js';
import { chooseReasons, countReasons, reasonName, shownReasons } from './refusals.js';
import { latenciesOf, ratesOf } from './seconds.js';

/** @import { WindowSecond } from './seconds.js' */
/** @import { Sample } from './samples.js' */

const milliseconds = (/** @type {number} */ ms) => `${formatCount(Math.round(ms))} ms`;

/** @param {string} currency the event's, which does not change while the page is open */
export function createCharts(currency) {
  const parent = element('charts');
  const count = { format: formatCount, axis: formatCompact };
  const symbol = new Intl.NumberFormat(undefined, {
    style: 'currency',
    currency,
    notation: 'compact',
    maximumSignificantDigits: 3,
  });
  // Rounded, as the chart is; the figures show exact amounts.
  const money = {
    format: (/** @type {number} */ amount) => symbol.format(amount),
    axis: (/** @type {number} */ amount) => symbol.format(amount),
  };

  const tickets = createChart(parent, { title: 'Tickets per second', ...count, lines: ['sold'], isFilled: true });
  const revenue = createChart(parent, { title: 'Revenue per second', ...money, lines: ['revenue'], isFilled: true });
  const refusals = createChart(parent, {
    title: 'Refused per second, by reason',
    ...count,
    lines: Array.from({ length: shownReasons + 1 }, () => ''),
  });
  const latency = createChart(parent, {
    title: 'Latency',
    format: milliseconds,
    axis: milliseconds,
    lines: ['p50', 'p95', 'p99'],
  });
  const waiting = createChart(parent, {
    title: 'Outbox and queue',
    ...count,
    lines: ['domain events in the outbox', 'messages in the queue'],
  });
  const lag = createChart(parent, {
    title: 'Projection lag',
    format: formatSeconds,
    axis: (seconds) => `${formatCompact(seconds)} s`,
    lines: ['behind'],
    isFilled: true,
  });
  watchTheme(() => {
    for (const chart of [tickets, revenue, refusals, latency, waiting, lag]) chart.redraw();
  });

  /** @type {(string | undefined)[]} */
  let reasons = [];

  /** @param {readonly WindowSecond[]} window */
  function showReasons(window) {
    const known = window.flatMap(({ sale }) => sale ?? []);
    reasons = chooseReasons(known, reasons);
    const counted = window.map(({ sale }) => (sale ? countReasons(sale, reasons) : sale));
    const columns = Array.from({ length: shownReasons + 1 }, (_, slot) =>
      counted.map((counts) => (counts ? (counts[slot] ?? 0) : counts === null ? null : 0)),
    );
    const hasOthers = columns[shownReasons]?.some((value) => value) ?? false;
    const names = [...reasons.map((code) => code && reasonName(code)), hasOthers ? 'other' : undefined];
    // An unnamed line is not drawn either, or it would lie on the axis.
    const drawn = columns.map((column, slot) => (names[slot] === undefined ? column.map(() => null) : column));
    refusals.show(
      window.map(({ at }) => at),
      drawn,
      names,
    );
  }

  return {
    /** @param {readonly WindowSecond[]} window @param {readonly Sample[]} samples */
    show(window, samples) {
      const seconds = window.map(({ at }) => at);
      tickets.show(seconds, [ratesOf(window, ({ ticketsSold }) => ticketsSold)]);
      revenue.show(seconds, [ratesOf(window, (sale) => Number(sale.revenue))]);
      showReasons(window);
      latency.show(seconds, [latenciesOf(window, 'p50'), latenciesOf(window, 'p95'), latenciesOf(window, 'p99')]);
      const times = samples.map(({ at }) => at);
      waiting.show(times, [samples.map(({ outboxEvents }) => outboxEvents), samples.map(({ queueMessages }) => queueMessages)]);
      lag.show(times, [samples.map(({ lagSeconds }) => lagSeconds)]);
    },
  };
}
