import { recently } from '../shared/basics/recently.ts';
import { readActiveEvents } from '../shared/inventory/active-events.ts';
import { countsKey } from '../shared/inventory/keys.ts';
import { limitedRequests, type RequestLimits } from '../shared/limits/limit-requests.ts';
import type { Database, PoolUse } from '../shared/stores/database.ts';
import { measurePool } from '../shared/stores/measure-pool.ts';
import type { RedisClient } from '../shared/stores/redis.ts';
import { createMetrics, type Metrics } from '../shared/telemetry/metrics.ts';
import { createLagMeter } from './ops/lag.ts';
import { readLastApplied } from './queries/sales.ts';

/** If more events sold recently, only the latest are measured. */
const maxEvents = 1_000;
/** Gauges of one scrape share a read. */
const readEveryMs = 1_000;

export function createQueryMetrics({
  db,
  readUse,
  redis,
  countSockets,
  limited,
}: {
  db: Database;
  readUse: () => PoolUse;
  redis: RedisClient;
  countSockets: () => number;
  limited: RequestLimits['counts'];
}): Metrics {
  const metrics = createMetrics();
  measurePool(readUse, metrics.registry);
  metrics.counterOfProcess(...limitedRequests(limited));
  metrics.gaugeOfProcess('onsale_live_sockets', 'WebSockets that follow a sale.', countSockets);

  let meters = new Map<string, ReturnType<typeof createLagMeter>>();
  const readLags = recently(async () => {
    const eventIds = await readActiveEvents(redis, { most: maxEvents });
    const applied = await readLastApplied(db, eventIds);
    const sequences = await Promise.all(eventIds.map((eventId) => redis.hget(countsKey(eventId), 'sequence')));
    // Meters of events that no longer sell are dropped.
    meters = new Map(eventIds.map((eventId) => [eventId, meters.get(eventId) ?? createLagMeter()]));
    return [...meters].map(([eventId, lagOf], at) => lagOf(Number(sequences[at] ?? 0), applied.get(eventId) ?? 0, Date.now()));
  }, readEveryMs);
  metrics.gaugeOfStore(
    'onsale_projection_lag_sequences',
    'Domain events in Redis but not yet in MySQL, for all events together.',
    async () => (await readLags()).reduce((sum, { sequences }) => sum + sequences, 0),
  );
  metrics.gaugeOfStore(
    'onsale_projection_lag_seconds',
    'How long the first domain event missing from MySQL has been seen waiting, for the event that is furthest behind.',
    async () => (await readLags()).reduce((most, { seconds }) => Math.max(most, seconds), 0),
  );
  return metrics;
}
