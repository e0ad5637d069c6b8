import { Counter, Histogram } from 'prom-client';
import type { QueueDepth } from '../shared/events/queue-depth.ts';
import type { PoolUse } from '../shared/stores/database.ts';
import { measurePool } from '../shared/stores/measure-pool.ts';
import { createMetrics, type Metrics } from '../shared/telemetry/metrics.ts';
import { type RowsWritten, rowsWritten } from './projections/project.ts';
import { type BatchApplied, batchesApplied } from './worker.ts';

const waitSeconds = [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 1_800];

export function createPersistenceMetrics({
  readUse,
  readDepth,
}: {
  readUse: () => PoolUse;
  readDepth: () => Promise<QueueDepth>;
}): Metrics {
  const metrics = createMetrics();
  const registers = [metrics.registry];
  measurePool(readUse, metrics.registry);
  metrics.gaugeOfStore(
    'onsale_queue_messages',
    'Messages in the queue, waiting for a worker.',
    async () => (await readDepth()).messages,
  );
  metrics.gaugeOfStore(
    'onsale_queue_in_flight_messages',
    'Messages that a worker has received and not yet acknowledged.',
    async () => (await readDepth()).inFlight,
  );
  metrics.gaugeOfStore('onsale_dead_letters', 'Messages in the dead-letter queue.', async () => (await readDepth()).deadLetters);

  const age = new Histogram({
    name: 'onsale_queue_age_seconds',
    help: 'How long a message had waited in the queue when a worker received it.',
    buckets: waitSeconds,
    registers,
  });
  const size = new Histogram({
    name: 'onsale_batch_events',
    help: 'Domain events in a batch, that is, in the messages of one receive.',
    buckets: [1, 10, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000],
    registers,
  });
  const duration = new Histogram({
    name: 'onsale_batch_duration_seconds',
    help: 'How long it took to apply a batch, retries included.',
    buckets: waitSeconds,
    registers,
  });
  const delay = new Histogram({
    name: 'onsale_projection_delay_seconds',
    help: "From a domain event until its commit, for each batch's oldest.",
    buckets: waitSeconds,
    registers,
  });
  const rejected = new Counter({
    name: 'onsale_rejected_events_total',
    help: 'Dead letters: malformed or inapplicable domain events, and unreadable messages.',
    registers,
  });
  const unburied = new Counter({
    name: 'onsale_unburied_letters_total',
    help: 'Dead letters that the dead-letter queue did not accept; SQS redelivers their messages, and finally moves them itself.',
    registers,
  });
  // The type is no label: it comes from outside, so its values are unbounded.
  const ignored = new Counter({
    name: 'onsale_ignored_events_total',
    help: 'Domain events of types that this version does not know.',
    registers,
  });
  const rows = new Counter({ name: 'onsale_projected_rows_total', help: 'Rows written.', labelNames: ['table'], registers });
  const conflicts = new Counter({
    name: 'onsale_conflicts_total',
    help: 'Tickets sold while another ticket had their seat; a late cancellation may still resolve it.',
    registers,
  });

  batchesApplied.subscribe((message) => {
    const batch = message as BatchApplied;
    for (const seconds of batch.ageSeconds) age.observe(seconds);
    size.observe(batch.domainEvents);
    duration.observe(batch.seconds);
    if (batch.delaySeconds !== undefined) delay.observe(batch.delaySeconds);
    rejected.inc(batch.rejected);
    unburied.inc(batch.unburied);
    ignored.inc(batch.ignored);
  });
  rowsWritten.subscribe((message) => {
    const written = message as RowsWritten;
    rows.inc({ table: written.table }, written.rows);
    if (written.table === 'seat_conflicts') conflicts.inc(written.rows);
  });
  return metrics;
}
