import { Counter, Histogram } from 'prom-client';
import type { Backlog } from '../shared/events/outbox-backlog.ts';
import type { ScriptCall } from '../shared/inventory/call-script.ts';
import type { Load } from '../shared/inventory/load.ts';
import { limitedRequests, type RequestLimits } from '../shared/limits/limit-requests.ts';
import { createMetrics } from '../shared/telemetry/metrics.ts';
import type { Attempt } from './outbox/attempts.ts';
import type { SalesCounters } from './sales-counters/sales-counters.ts';

export function createPurchaseMetrics(of: {
  readBacklog: () => Promise<Backlog>;
  load: Load;
  counters: SalesCounters;
  limited: RequestLimits['counts'];
}) {
  const { readBacklog, load, counters, limited } = of;
  const metrics = createMetrics();
  const registers = [metrics.registry];

  const { total } = counters;
  metrics.counterOfProcess('onsale_tickets_sold_total', 'Tickets sold.', () => total.sold);
  metrics.counterOfProcess('onsale_tickets_held_total', 'Tickets set aside for buyers.', () => total.held);
  metrics.counterOfProcess('onsale_tickets_cancelled_total', 'Tickets cancelled.', () => total.cancelled);
  metrics.counterOfProcess(...limitedRequests(limited));
  metrics.counterOfProcess('onsale_refusals_total', 'Requests refused, by the code of the refusal.', () => total.refused, 'code');

  const duration = new Histogram({
    name: 'onsale_script_duration_seconds',
    help: 'How long Redis took for a script call, including fsync and replicas if the call waits for them.',
    labelNames: ['script'],
    buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1],
    registers,
  });
  const commands = new Histogram({
    name: 'onsale_script_commands',
    help: 'Number of commands that a script call decided.',
    labelNames: ['script'],
    buckets: [1, 2, 4, 8, 16, 32, 64, 128, 256],
    registers,
  });

  metrics.gaugeOfStore(
    'onsale_outbox_unpublished_events',
    'Domain events in the outboxes that SNS has not accepted yet.',
    async () => (await readBacklog()).events,
  );
  metrics.gaugeOfStore(
    'onsale_outbox_oldest_seconds',
    'Age of the oldest domain event that SNS has not accepted yet; 0 if there is none.',
    async () => (await readBacklog()).oldestSeconds,
  );
  metrics.gaugeOfProcess(
    'onsale_purchase_waiting_requests',
    'Requests waiting for their turn to call Redis.',
    () => load.taking.count + load.deciding.count,
  );
  metrics.counterOfProcess(
    'onsale_purchase_shed_total',
    'Requests refused with 503 because too many were waiting.',
    () => load.shed,
  );

  const publishDuration = new Histogram({
    name: 'onsale_publish_duration_seconds',
    help: 'How long SNS took to accept a message.',
    buckets: [0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5],
    registers,
  });
  const publishEvents = new Histogram({
    name: 'onsale_publish_events',
    help: 'Domain events in a message that SNS accepted.',
    buckets: [1, 2, 5, 10, 25, 50, 100, 250, 500, 1_000],
    registers,
  });
  const publishErrors = new Counter({
    name: 'onsale_publish_errors_total',
    help: 'Attempts to publish a message that SNS did not accept.',
    registers,
  });
  const publishRefusals = new Counter({
    name: 'onsale_publish_refused_total',
    help: 'Attempts to publish a message that SNS refused for its content, and would refuse again.',
    registers,
  });

  return {
    registry: metrics.registry,

    observeCall(call: ScriptCall): void {
      duration.observe({ script: call.script }, call.seconds);
      commands.observe({ script: call.script }, call.commands);
    },

    /** Records one of the relay's attempts to publish. */
    countAttempt({ domainEvents, seconds, outcome }: Attempt): void {
      if (outcome === 'accepted') {
        publishDuration.observe(seconds);
        publishEvents.observe(domainEvents);
      } else {
        publishErrors.inc();
        if (outcome === 'refused') publishRefusals.inc();
      }
    },
  };
}
