import { Histogram, Registry as PlainRegistry } from 'prom-client';
import { expect, it } from 'vitest';
import { registerHistogram } from './histogram.ts';
import { createMetrics, type Registry } from './metrics.ts';

const name = 'test_seconds';
const help = 'What is tested.';
const buckets = [0.1, 1, 2.5];
const values = [0, 0.1, 0.100_01, 1, 2, 2.5, 2.6, 1e9];

/** A metric's lines and labels, sorted: their order has no meaning. */
const linesOf = async (registry: { getSingleMetricAsString(name: string): Promise<string> }) =>
  (await registry.getSingleMetricAsString(name))
    .split('\n')
    .map((line) => line.replace(/\{(.*)\}/, (_, labels: string) => `{${labels.split(',').toSorted().join(',')}}`))
    .toSorted();

it("is scraped like prom-client's own, bound by bound and series by series", async () => {
  const { registry } = createMetrics();
  const series = registerHistogram(registry, { name, help, buckets });
  const plain = new PlainRegistry();
  const own = new Histogram({ name, help, buckets, labelNames: ['route'], registers: [plain] });
  for (const route of ['/a', '/b"c']) {
    const count = series({ route });
    for (const value of values) {
      count(value);
      own.observe({ route }, value);
    }
  }
  expect(await linesOf(registry)).toEqual(await linesOf(plain));
});

it('is summed when several processes are scraped together', async () => {
  const scrapes = [1, 2].map(async (count) => {
    const { registry } = createMetrics();
    const observe = registerHistogram(registry, { name, help, buckets })({ route: '/a' });
    for (let at = 0; at < count; at++) observe(0.5);
    return (await registry.getMetricsAsJSON()) as object[];
  });
  const all = (registry: Registry) => registry.constructor as unknown as { aggregate(metrics: object[][]): PlainRegistry };
  const together = all(createMetrics().registry).aggregate(await Promise.all(scrapes));
  const lines = await linesOf(together);
  expect(lines).toContain('test_seconds_count{route="/a"} 3');
  expect(lines).toContain('test_seconds_sum{route="/a"} 1.5');
  expect(lines).toContain('test_seconds_bucket{le="1",route="/a"} 3');
  expect(lines).toContain('test_seconds_bucket{le="0.1",route="/a"} 0');
});
