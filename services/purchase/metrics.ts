import { createMetrics, type Metrics } from '../shared/metrics.ts';
import { createBacklogReader } from '../shared/outbox-backlog.ts';
import type { RedisClient } from '../shared/redis.ts';
import { loadOf } from './seats/load.ts';

export function createPurchaseMetrics(redis: RedisClient): Metrics {
  const metrics = createMetrics();
  const readBacklog = createBacklogReader(redis);
  metrics.gaugeOfStore(
    'onsale_outbox_unpublished_events',
    'Domain events in the outboxes that SNS has not accepted yet.',
    async () => (await readBacklog()).events,
  );
  metrics.gaugeOfStore(
    'onsale_outbox_oldest_seconds',
    'How long the oldest domain event that SNS has not accepted yet has waited; 0 where none waits.',
    async () => (await readBacklog()).oldestSeconds,
  );
  const load = loadOf(redis);
  metrics.gaugeOfProcess(
    'onsale_purchase_waiting_requests',
    'Requests that wait for their turn to ask Redis.',
    () => load.waiting,
  );
  metrics.counterOfProcess('onsale_purchase_shed_total', 'Requests refused with 503 because too many waited.', () => load.shed);
  return metrics;
}
