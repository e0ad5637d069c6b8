import type { Registry } from './metrics.ts';

type Labels = Record<string, string | number>;

/** `counts`: of the values up to each bucket's bound and above that of the one before it, and then of those above the last. */
type Series = { labels: Labels; counts: number[]; sum: number };

/**
 * Registers a histogram that nothing is looked up for when it counts a value: prom-client's own finds a value's series anew by the
 * names and values of all its labels, which is a good part of what a request costs. Gives a function that makes a series, which is
 * itself a function that counts a value.
 */
export function registerHistogram(registry: Registry, of: { name: string; help: string; buckets: readonly number[] }) {
  const { name, help, buckets } = of;
  const all: Series[] = [];
  const about = { name, help, type: 'histogram', aggregator: 'sum' } as const;
  // What a registry asks of a metric; its type knows prom-client's own classes only.
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

  /** As Prometheus has them: each bucket counts all that is not above its bound. */
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
