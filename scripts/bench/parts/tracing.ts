import { Redis } from 'ioredis';
import { startCollector } from '../../testing/collector.ts';
import type { PartContext, Report } from '../report.ts';
import { alternate, medianOf, medianRatio } from '../rounds.ts';
import { type Bench, createLonelyTopic, type Server, startBenchService } from '../system.ts';
import { saleWarmUps, sellThroughPurchase } from './purchase-against-floor.ts';

const requests = 25_000;
const rounds = 8;
const share = 0.01;

/** i: what it costs that one trace in a hundred is recorded, and exported to a collector on this machine. */
export async function tracing({ bench, resources, say }: PartContext): Promise<Report> {
  const { spans, env } = await startCollector(resources);
  const sampled = { ...env, OTEL_TRACES_SAMPLER: 'parentbased_traceidratio', OTEL_TRACES_SAMPLER_ARG: String(share) };
  const topic = await createLonelyTopic(bench);
  // Each in a database of its own: a relay must not publish what the other side sold.
  const start = async (database: number, more: Record<string, string>) => {
    const REDIS_URL = `${bench.urls.redisUrl}/${database}`;
    const redis = new Redis(REDIS_URL);
    resources.defer(() => redis.disconnect());
    const settings = { SNS_TOPIC_ARN: topic, REDIS_URL, ...more };
    return { bench: { ...bench, redis }, purchase: await startBenchService(bench, 'purchase', resources, settings) };
  };
  const [off, on] = [await start(1, { OTEL_SDK_DISABLED: 'true' }), await start(2, sampled)];
  const sell = (side: { bench: Bench; purchase: Server }) => () => sellThroughPurchase(side.bench, side.purchase, requests);
  const measured = await alternate({ 'not traced': sell(off), traced: sell(on) }, rounds, say, saleWarmUps);
  const traces = new Set(spans.filter(({ name }) => name.startsWith('POST ')).map(({ traceId }) => traceId));
  return {
    rows: [
      {
        what: 'purchase that traces 1 % / that does not trace',
        value: medianRatio(measured.traced, measured['not traced'], 'perSecond'),
        bar: { atLeast: 0.97 },
      },
      { what: 'purchase that traces 1 %', value: medianOf(measured.traced, 'perSecond'), unit: 'sales/s' },
      { what: 'sales that the collector has a trace of', value: traces.size / ((rounds + saleWarmUps) * requests) },
    ],
    notes: ['the collector, which has every span of these traces, shares the two cores'],
    rounds: measured,
  };
}
