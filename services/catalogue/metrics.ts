import { recently } from '../shared/basics/recently.ts';
import { limitedRequests, type RequestLimits } from '../shared/limits/limit-requests.ts';
import type { Database, PoolUse } from '../shared/stores/database.ts';
import { measurePool } from '../shared/stores/measure-pool.ts';
import { createMetrics, type Metrics } from '../shared/telemetry/metrics.ts';
import { readBacklog } from './jobs/read-backlog.ts';

/** Gauges of one scrape share a read. */
const readEveryMs = 1_000;

export function createCatalogueMetrics({
  db,
  readUse,
  limited,
}: {
  db: Database;
  readUse: () => PoolUse;
  limited: RequestLimits['counts'];
}): Metrics {
  const metrics = createMetrics();
  measurePool(readUse, metrics.registry);
  metrics.counterOfProcess(...limitedRequests(limited));
  const read = recently(() => readBacklog(db), readEveryMs);
  metrics.gaugeOfStore(
    'onsale_event_jobs_unfinished',
    'Cancellations and archivings of events that are asked for and not done yet.',
    async () => (await read()).jobs,
  );
  metrics.gaugeOfStore(
    'onsale_event_jobs_oldest_seconds',
    'How long ago the oldest of those was asked for.',
    async () => (await read()).oldestSeconds,
  );
  return metrics;
}
