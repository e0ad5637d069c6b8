import * as echarts from 'echarts';
import type { Progress } from '../load/generator.ts';
import type { Sale } from './hold-sale.ts';

/** A chart over time, and the same data as a table. Colours are CSS variables of the page. */
export type Chart = { title: string; description: string; svg: string; heads: string[]; rows: number[][] };

const [width, height] = [640, 340];
const fontSize = 15;
/** More intervals would be noise. */
const mostIntervals = 50;
/** The last interval may be too short to compute a rate from. */
const shortestIntervalMs = 50;

type Line = {
  name: string;
  color: string;
  points: [seconds: number, value: number][];
  isStacked?: boolean;
  /** On the right axis, because its unit differs. */
  isOnRight?: boolean;
};

/** The charts of a sale over time. */
export function chartsOf({ progress, samples }: Sale): Chart[] {
  const seconds = (ms: number) => Math.round(ms / 10) / 100;
  const rates = intervalsOf(progress).map(({ atMs, ms, accepted, refused, failed }) => {
    const perSecond = (count: number) => Math.round((count * 1_000) / Math.max(shortestIntervalMs, ms));
    return { at: seconds(atMs), sold: perSecond(accepted), refused: perSecond(refused), failed: perSecond(failed) };
  });
  let sold = 0;
  const cumulative = progress.map(({ atMs, accepted }): [number, number] => {
    sold += accepted;
    return [seconds(atMs), sold];
  });
  const latency = progress.filter(({ accepted, refused }) => accepted + refused > 0);
  const intervals = [{ at: 0, sold: 0, refused: 0, failed: 0 }, ...rates];
  const pick = <T>(list: T[], point: (item: T) => [number, number]) => list.map(point);
  const anyFailed = rates.some(({ failed }) => failed > 0);
  return [
    chartOf('Answers per second', 'How many buyers per second got a ticket, and how many were refused', [
      { name: 'sold', color: 'var(--green)', points: pick(intervals, (rate) => [rate.at, rate.sold]), isStacked: true },
      { name: 'refused', color: 'var(--amber)', points: pick(intervals, (rate) => [rate.at, rate.refused]), isStacked: true },
      ...(anyFailed
        ? [{ name: 'failed', color: 'var(--red)', points: pick(intervals, (rate) => [rate.at, rate.failed]), isStacked: true }]
        : []),
    ]),
    chartOf('Tickets sold and projected', 'Tickets that buyers have, and tickets that the query service counts', [
      { name: 'sold', color: 'var(--green)', points: [[0, 0], ...cumulative, [seconds(samples.at(-1)?.at ?? 0), sold]] },
      { name: 'projected', color: 'var(--blue)', points: pick(samples, ({ at, projected }) => [seconds(at), projected]) },
    ]),
    chartOf('Latency, ms', 'How long buyers waited for an answer: half of them at most p50, 99 of 100 at most p99', [
      {
        name: 'p50',
        color: 'var(--blue)',
        points: pick(latency, ({ atMs, latency: { p50 } }) => [seconds(atMs), Math.round(p50)]),
      },
      {
        name: 'p99',
        color: 'var(--amber)',
        points: pick(latency, ({ atMs, latency: { p99 } }) => [seconds(atMs), Math.round(p99)]),
      },
    ]),
    chartOf('Backlog', 'Sales in the outbox that are not yet published, and messages in the queue (each has many sales)', [
      {
        name: 'outbox, sales (left)',
        color: 'var(--green)',
        points: pick(samples, ({ at, unpublished }) => [seconds(at), unpublished]),
      },
      {
        name: 'queue, messages (right)',
        color: 'var(--blue)',
        points: pick(samples, ({ at, queued }) => [seconds(at), queued]),
        isOnRight: true,
      },
    ]),
  ];
}

/** The progress reports, with neighbours merged so that at most `mostIntervals` remain; `ms` is each one's duration. */
function intervalsOf(progress: Progress[]) {
  const together = Math.max(1, Math.ceil(progress.length / mostIntervals));
  const sum = (list: Progress[], name: 'accepted' | 'refused' | 'failed') =>
    list.reduce((all, interval) => all + interval[name], 0);
  return Array.from({ length: Math.ceil(progress.length / together) }, (_interval, at) => {
    const from = at * together;
    const list = progress.slice(from, from + together);
    const atMs = list.at(-1)?.atMs ?? 0;
    const ms = atMs - (progress[from - 1]?.atMs ?? 0);
    return { atMs, ms, accepted: sum(list, 'accepted'), refused: sum(list, 'refused'), failed: sum(list, 'failed') };
  });
}

function chartOf(title: string, description: string, lines: Line[]): Chart {
  const chart = echarts.init(null, null, { renderer: 'svg', ssr: true, width, height });
  const label = { color: 'var(--muted)', fontSize };
  chart.setOption({
    animation: false,
    textStyle: { fontFamily: 'system-ui, sans-serif', fontSize },
    grid: { left: 70, right: lines.some(({ isOnRight }) => isOnRight) ? 56 : 24, top: 44, bottom: 48 },
    legend: {
      top: 4,
      left: 0,
      textStyle: { color: 'var(--text)', fontSize },
      itemWidth: 16,
      itemHeight: 10,
      itemGap: 28,
      icon: 'roundRect',
    },
    xAxis: {
      type: 'value',
      max: 'dataMax',
      name: 'seconds since the first request',
      nameLocation: 'middle',
      nameGap: 30,
      nameTextStyle: label,
      axisLabel: { ...label, showMaxLabel: false },
      axisLine: { lineStyle: { color: 'var(--line)' } },
      splitLine: { show: false },
    },
    yAxis: [false, true].map((isOnRight) => ({
      type: 'value',
      min: 0,
      minInterval: 1,
      show: lines.some((line) => (line.isOnRight ?? false) === isOnRight),
      axisLabel: { ...label, formatter: (value: number) => value.toLocaleString('en-US') },
      splitLine: { show: !isOnRight, lineStyle: { color: 'var(--line)' } },
    })),
    series: lines.map(({ name, color, points, isStacked, isOnRight }) => ({
      name,
      type: 'line',
      data: points,
      symbol: 'none',
      silent: true,
      color,
      yAxisIndex: isOnRight ? 1 : 0,
      lineStyle: { width: isStacked ? 1 : 2.5 },
      ...(isStacked && { stack: 'all', step: 'start', areaStyle: { opacity: 0.55 } }),
    })),
  });
  const svg = chart.renderToSVGString();
  chart.dispose();
  return { title, description, svg, ...tableOf(lines) };
}

/** One row for each time that has a value. */
function tableOf(lines: Line[]): Pick<Chart, 'heads' | 'rows'> {
  const times = [...new Set(lines.flatMap(({ points }) => points.map(([at]) => at)))].toSorted((a, b) => a - b);
  const values = lines.map(({ points }) => new Map(points));
  const rows = times.map((at) => [at, ...values.map((line) => line.get(at) ?? Number.NaN)]);
  return { heads: ['seconds', ...lines.map(({ name }) => name)], rows };
}
