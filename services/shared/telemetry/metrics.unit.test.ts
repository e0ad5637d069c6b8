import { expect, it } from 'vitest';
import { createMetrics } from './metrics.ts';

/** The lines of one metric, without its comments. */
async function linesOf({ registry }: ReturnType<typeof createMetrics>, name: string): Promise<string[]> {
  return (await registry.getSingleMetricAsString(name)).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
}

it("a gauge of a store is read at each scrape; what cannot be read is NaN, and does not break the other metrics' scrape", async () => {
  const metrics = createMetrics();
  let depth: number | Error = 3;
  metrics.gaugeOfStore('depth', 'Messages', async () => {
    if (depth instanceof Error) throw depth;
    return depth;
  });
  metrics.gaugeOfProcess('open', 'Sockets', () => 7);
  expect(await linesOf(metrics, 'depth')).toEqual(['depth 3']);
  depth = new Error('away');
  expect(await linesOf(metrics, 'depth')).toEqual(['depth Nan']);
  expect(await metrics.registry.metrics()).toContain('open 7');
  depth = 5;
  expect(await linesOf(metrics, 'depth')).toEqual(['depth 5']);
});

it('a counter has what was counted since the start, however often it is scraped', async () => {
  const metrics = createMetrics();
  let sales = 2;
  metrics.counterOfProcess('sales', 'Sales', () => sales);
  expect(await linesOf(metrics, 'sales')).toEqual(['sales 2']);
  expect(await linesOf(metrics, 'sales')).toEqual(['sales 2']);
  sales = 5;
  expect(await linesOf(metrics, 'sales')).toEqual(['sales 5']);
});

it('a counter with a label has a line for each value that was counted', async () => {
  const metrics = createMetrics();
  const counts = new Map([['SOLD_OUT', 1]]);
  metrics.counterOfProcess('refusals', 'Refusals', () => counts, 'code');
  expect(await linesOf(metrics, 'refusals')).toEqual(['refusals{code="SOLD_OUT"} 1']);
  counts.set('SOLD_OUT', 2).set('SEAT_TAKEN', 1);
  expect(await linesOf(metrics, 'refusals')).toEqual(['refusals{code="SOLD_OUT"} 2', 'refusals{code="SEAT_TAKEN"} 1']);
});
