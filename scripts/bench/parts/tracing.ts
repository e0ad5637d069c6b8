import { startCollector } from '../../testing/collector.ts';
import { alternatePairs, roundsOfSide } from '../pairs.ts';
import type { PartContext, Report } from '../report.ts';
import { medianOf, medianRatio } from '../rounds.ts';
import { sellThroughPurchase } from './purchase-against-floor.ts';

const requests = 25_000;
const share = 0.01;

/** i: the cost of recording one trace in a hundred and exporting it to a collector on this machine. */
export async function tracing({ bench, resources, say }: PartContext): Promise<Report> {
  const { spans, env } = await startCollector(resources);
  const sampled = {
    ...env,
    OTEL_BSP_SCHEDULE_DELAY: '',
    OTEL_TRACES_SAMPLER: 'parentbased_traceidratio',
    OTEL_TRACES_SAMPLER_ARG: String(share),
  };
  const measured = await alternatePairs(
    { 'not traced': { OTEL_SDK_DISABLED: 'true' }, traced: sampled },
    { bench, say },
    (side) => sellThroughPurchase(side.bench, side.purchase, requests),
  );
  const traces = new Set(spans.filter(({ name }) => name.startsWith('POST ')).map(({ traceId }) => traceId));
  return {
    rows: [
      {
        what: 'purchase tracing 1 % / not tracing',
        value: medianRatio(measured.traced, measured['not traced'], 'perSecond'),
        bar: { atLeast: 0.97 },
      },
      { what: 'purchase tracing 1 %', value: medianOf(measured.traced, 'perSecond'), unit: 'sales/s' },
      {
        what: 'share of sales that the collector has a trace of',
        value: traces.size / (roundsOfSide * requests),
      },
    ],
    notes: ['the collector, which receives every span of these traces, shares the two cores'],
    rounds: measured,
  };
}
