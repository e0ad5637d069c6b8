import { createMetrics, type Metrics } from '../shared/metrics.ts';
import type { QueueDepth } from '../shared/queue-depth.ts';

export function createPersistenceMetrics(readDepth: () => Promise<QueueDepth>): Metrics {
  const metrics = createMetrics();
  metrics.gaugeOfStore(
    'onsale_queue_messages',
    'Messages in the queue that wait for a worker.',
    async () => (await readDepth()).messages,
  );
  metrics.gaugeOfStore(
    'onsale_queue_in_flight_messages',
    'Messages of the queue that a worker has in hand.',
    async () => (await readDepth()).inFlight,
  );
  metrics.gaugeOfStore('onsale_dead_letters', 'Messages in the dead-letter queue.', async () => (await readDepth()).deadLetters);
  return metrics;
}
