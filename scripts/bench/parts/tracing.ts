import { Redis } from 'ioredis';
import { startCollector } from '../../testing/collector.ts';
import type { PartContext, Report } from '../report.ts';
import { alternate, type Figures, medianOf, medianRatio } from '../rounds.ts';
import { createLonelyTopic, startBenchService } from '../system.ts';
import { saleWarmUps, sellThroughPurchase } from './purchase-against-floor.ts';

const requests = 25_000;
/** Two processes running the same code differ by as much as the effect measured, so several pairs are started. */
const pairs = 3;
const roundsOfPair = 4;
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
  const topic = await createLonelyTopic(bench);
  const measured: Record<'not traced' | 'traced', Figures[]> = { 'not traced': [], traced: [] };
  for (let pair = 0; pair < pairs; pair++) {
    await using own = new AsyncDisposableStack();
    // Each side has its own database, so that its relay does not publish the other side's sales.
    const start = async (database: number, more: Record<string, string>) => {
      const REDIS_URL = `${bench.urls.redisUrl}/${database}`;
      const redis = new Redis(REDIS_URL);
      own.defer(() => redis.disconnect());
      const purchase = await startBenchService(bench, 'purchase', own, { SNS_TOPIC_ARN: topic, REDIS_URL, ...more });
      return () => sellThroughPurchase({ ...bench, redis }, purchase, requests);
    };
    const [off, on] = [await start(1, { OTEL_SDK_DISABLED: 'true' }), await start(2, sampled)];
    const rounds = await alternate({ 'not traced': off, traced: on }, roundsOfPair, say, saleWarmUps);
    measured['not traced'].push(...rounds['not traced']);
    measured.traced.push(...rounds.traced);
  }
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
        value: traces.size / (pairs * (roundsOfPair + saleWarmUps) * requests),
      },
    ],
    notes: ['the collector, which receives every span of these traces, shares the two cores'],
    rounds: measured,
  };
}
