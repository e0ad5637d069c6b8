import { outboxKey } from '../../../services/shared/inventory/keys.ts';
import { assertSold, openFreshEvent, purchasesOf, untilPublished } from '../event.ts';
import { runPurchases } from '../load.ts';
import { forgetPeaks, peakMemory } from '../processes.ts';
import { emptyTables, untilProjected } from '../projection.ts';
import type { PartContext, Report } from '../report.ts';
import { alternate, type Figures, medianOf } from '../rounds.ts';
import { type Bench, type Server, startBenchService } from '../system.ts';

/** 117,000 seats. */
const hall = { zones: 150, rows: 26, columns: 30 };
const peakSales = 25_000;
const halfSeconds = 10;
const rounds = 3;

/** g: memory use, and the latency that buyers see at half the peak rate, with every service running. */
export async function footprint({ bench, resources, say, earlier }: PartContext): Promise<Report> {
  for (const service of ['query', 'persistence'] as const) await startBenchService(bench, service, resources);
  const purchase = await startBenchService(bench, 'purchase', resources);
  await forgetPeaks();
  const sell = (sales: number, ratePerSecond?: number) => sellAndProject(bench, purchase, sales, ratePerSecond);
  const { peak } = await alternate({ peak: () => sell(peakSales) }, rounds, say);
  const memory = await peakMemory();
  const known = earlier['a']?.rounds['purchase'];
  const halfOfPeak = Math.round(medianOf(known ?? peak, 'perSecond') / 2);
  const { half } = await alternate({ half: () => sell(halfOfPeak * halfSeconds, halfOfPeak) }, rounds, say);
  const megabytes = Object.entries(memory).map(([name, bytes]) => ({
    what: `peak memory of ${name} (RSS)`,
    value: bytes / 1_048_576,
    unit: 'MiB',
  }));
  return {
    rows: [
      {
        what: `p99 at half the peak, ${halfOfPeak} sales/s, open loop`,
        value: medianOf(half, 'p99Ms'),
        unit: 'ms',
        bar: { atMost: 25 },
      },
      { what: 'p50', value: medianOf(half, 'p50Ms'), unit: 'ms' },
      { what: 'p95', value: medianOf(half, 'p95Ms'), unit: 'ms' },
      { what: 'max', value: medianOf(half, 'maxMs'), unit: 'ms' },
      { what: 'peak with everything running', value: medianOf(peak, 'perSecond'), unit: 'sales/s' },
      { what: 'Redis memory per sold seat, without the outbox', value: medianOf(peak, 'seatBytes'), unit: 'bytes' },
      { what: 'Redis memory per sold seat, retained outbox', value: medianOf(peak, 'outboxBytes'), unit: 'bytes' },
      ...megabytes,
    ],
    notes: [
      `the peak is ${known ? "part a's" : "this part's own; run part a too to use its peak"}; latency counts from when a request was due`,
      ...(megabytes.length === 0 ? ['no peak memory: this system has no /proc to read it from'] : []),
    ],
    rounds: { peak, half, memory: [memory] },
  };
}

async function sellAndProject(bench: Bench, purchase: Server, sales: number, ratePerSecond?: number): Promise<Figures> {
  await emptyTables(bench.db);
  const event = await openFreshEvent(bench, hall);
  const load = { url: `${purchase.url}/tickets`, bodies: purchasesOf(event, sales), ...(ratePerSecond && { ratePerSecond }) };
  const { figures, result } = await runPurchases(load);
  await untilPublished(bench.redis, event.eventId);
  await assertSold(bench.redis, event, sales);
  await untilProjected(bench.db, event.eventId, sales);
  const outbox = await bytesOf(bench, outboxKey(event.eventId));
  const keys = await bench.redis.keys('*');
  const all = await Promise.all(keys.map((key) => bytesOf(bench, key)));
  const { p95, max } = result.latency;
  return {
    ...figures,
    p95Ms: p95,
    maxMs: max,
    seatBytes: (all.reduce((sum, bytes) => sum + bytes, 0) - outbox) / sales,
    outboxBytes: outbox / sales,
  };
}

/** Exact: SAMPLES 0 measures every element instead of estimating. */
const bytesOf = async ({ redis }: Bench, key: string) => (await redis.memory('USAGE', key, 'SAMPLES', 0)) ?? 0;
