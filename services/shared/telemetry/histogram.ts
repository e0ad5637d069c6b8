import type { Registry } from './metrics.ts';

type Labels = Record<string, string | number>;

/** `counts`: how many values fell into each bucket (above the previous bound, up to its own), then how many were above the last. */
type Series = { labels: Labels; counts: number[]; sum: number };

/**
 * Registers a histogram that looks nothing up to count a value. prom-client's own finds the series by the names and values of all
 * labels every time, which is a good part of a request's cost. Returns a function that takes labels and creates a series; the series
 * is a function that counts a value.
 */
export function registerHistogram(registry: Registry, of: { name: string; help: string; buckets: readonly number[] }) {
  const { name, help, buckets } = of;
  const all: Series[] = [];
  const about = { name, help, type: 'histogram', aggregator: 'sum' } as const;
  // This is all that a registry needs from a metric, but its type accepts only prom-client's own classes.
  registry.registerMetric({ ...about, get: async () => ({ ...about, values: all.flatMap(valuesOf) }) } as never);

  return (labels: Labels) => {
    const series: Series = { labels, counts: Array(buckets.length + 1).fill(0), sum: 0 };
    all.push(series);
    return (value: number): void => {
      let at = 0;
      while (value > (buckets[at] ?? Number.POSITIVE_INFINITY)) at++;
      series.counts[at] = (series.counts[at] ?? 0) + 1;
      series.sum += value;
    };
  };

  /** In Prometheus' form: each bucket counts all values up to its bound. */
  function valuesOf({ labels, counts, sum }: Series) {
    let count = 0;
    const bucketed = counts.map((counted, at) => {
      count += counted;
      return { metricName: `${name}_bucket`, labels: { le: buckets[at] ?? '+Inf', ...labels }, value: count };
    });
    return [
      ...bucketed,
      { metricName: `${name}_sum`, labels, value: sum },
      { metricName: `${name}_count`, labels, value: count },
    ];
  }
}
