import { sql } from 'kysely';
import { Counter, Gauge } from 'prom-client';
import { getOrInsertComputed } from '../shared/basics/get-or-insert.ts';
import { recently } from '../shared/basics/recently.ts';
import type { QueueDepth } from '../shared/events/queue-depth.ts';
import { limitedRequests, type RequestLimits } from '../shared/limits/limit-requests.ts';
import { movingRefunds } from '../shared/payments/progress.ts';
import { readBreakers } from '../shared/payments/read-payments.ts';
import type { Database, PoolUse } from '../shared/stores/database.ts';
import { measurePool } from '../shared/stores/measure-pool.ts';
import { registerHistogram } from '../shared/telemetry/histogram.ts';
import { createMetrics } from '../shared/telemetry/metrics.ts';
import { readOutboxBacklog } from './outbox/outbox.ts';
import type { ProviderCall } from './providers/measure-provider.ts';
import { states } from './saga/states.ts';
import { readInboxBacklog } from './webhooks/inbox.ts';
import type { WebhookOutcome } from './webhooks/receive.ts';

/** Gauges of one scrape share a read. */
const readEveryMs = 1_000;
/** Goes through all refunds. */
const countFailedEveryMs = 30_000;
const bucketsSeconds = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20];
const outcomes = { 'onsale.checkout.paid': 'paid', 'onsale.checkout.cancelled': 'cancelled', 'onsale.checkout.failed': 'failed' };

/** The metrics of checkout. Those of the stores are the same in every process. */
export function createCheckoutMetrics(of: {
  db: Database;
  readUse: () => PoolUse;
  limited: RequestLimits['counts'];
  webhooks: ReadonlyMap<WebhookOutcome, number>;
  readDepth: () => Promise<QueueDepth>;
}) {
  const { db, readUse, limited, webhooks, readDepth } = of;
  const metrics = createMetrics();
  const { registry, gaugeOfStore } = metrics;
  const registers = [registry];
  measurePool(readUse, registry);
  metrics.counterOfProcess(...limitedRequests(limited));

  const readCheckouts = recently(() => readUnfinished(db), readEveryMs);
  gaugeOfStore('onsale_checkouts_unfinished', 'Checkouts that have not ended.', async () =>
    (await readCheckouts()).reduce((sum, { count }) => sum + count, 0),
  );
  const byState: Gauge = new Gauge({
    name: 'onsale_checkouts',
    help: 'Checkouts that have not ended, by state.',
    labelNames: ['state'],
    registers,
    aggregator: 'max',
    async collect() {
      const rows = await readCheckouts().catch(() => []);
      const known = new Map(rows.map(({ state, count }) => [state as string, count]));
      for (const [state, { by }] of Object.entries(states)) if (by !== 'nobody') byState.set({ state }, known.get(state) ?? 0);
    },
  });
  gaugeOfStore('onsale_checkout_overdue_seconds', 'How long the work on a checkout is overdue at most.', async () =>
    Math.max(0, ...(await readCheckouts()).map(({ dueMs }) => (Date.now() - dueMs) / 1_000)),
  );
  gaugeOfStore(
    'onsale_capture_oldest_seconds',
    'Age of the oldest checkout whose tickets are sold and whose money is not taken.',
    async () =>
      Math.max(
        0,
        ...(await readCheckouts())
          .filter(({ state }) => state === 'capturing')
          .map(({ createdMs }) => (Date.now() - createdMs) / 1_000),
      ),
  );

  const readRefunds = recently(() => readMovingRefunds(db), readEveryMs);
  gaugeOfStore('onsale_refunds_moving', 'Refunds on their way.', async () => (await readRefunds()).count);
  gaugeOfStore(
    'onsale_refund_oldest_seconds',
    'Age of the oldest refund on its way.',
    async () => (await readRefunds()).oldestSeconds,
  );
  const readFailed = recently(() => countFailedRefunds(db), countFailedEveryMs);
  gaugeOfStore('onsale_refunds_failed', 'Refunds that the provider will not do: somebody must.', readFailed);

  const readInbox = recently(() => readInboxBacklog(db, Date.now()), readEveryMs);
  gaugeOfStore('onsale_provider_inbox_waiting', 'Webhooks that are not settled.', async () => (await readInbox()).webhooks);
  gaugeOfStore(
    'onsale_provider_inbox_oldest_seconds',
    'Age of the oldest of them.',
    async () => (await readInbox()).oldestSeconds,
  );
  const readOutbox = recently(() => readOutboxBacklog(db, Date.now()), readEveryMs);
  gaugeOfStore(
    'onsale_checkout_outbox_events',
    'Domain events of checkouts that SNS has not accepted yet.',
    async () => (await readOutbox()).events,
  );
  gaugeOfStore(
    'onsale_checkout_outbox_oldest_seconds',
    'Age of the oldest of them.',
    async () => (await readOutbox()).oldestSeconds,
  );
  gaugeOfStore(
    'onsale_checkout_dead_letters',
    'Messages in the dead-letter queue of webhooks.',
    async () => (await readDepth()).deadLetters,
  );
  gaugeOfStore(
    'onsale_provider_breakers_open',
    'Payment providers that are not asked, because they have failed too often.',
    async () => (await readBreakers(db)).filter(({ breaker }) => breaker === 'open').length,
  );

  metrics.counterOfProcess('onsale_webhooks_total', 'Webhooks, by what became of them.', () => webhooks, 'outcome');
  const ended = new Counter({
    name: 'onsale_checkouts_total',
    help: 'Checkouts that ended, by outcome, once SNS has accepted it.',
    labelNames: ['outcome'],
    registers,
  });
  // From zero: a counter that appears with its first event hides that event from Prometheus.
  for (const outcome of Object.values(outcomes)) ended.inc({ outcome }, 0);
  const errors = new Counter({
    name: 'onsale_provider_errors_total',
    help: 'Calls to a payment provider without a good answer: it was away, it refused, or something else failed.',
    labelNames: ['provider', 'kind'],
    registers,
  });
  const durations = registerHistogram(registry, {
    name: 'onsale_provider_request_duration_seconds',
    help: 'How long calls to payment providers took.',
    buckets: bucketsSeconds,
  });
  const series = new Map<string, (seconds: number) => void>();

  return {
    registry,

    /** Counts domain events that SNS has accepted, by type. */
    countPublished(types: readonly string[]): void {
      for (const type of types) {
        const outcome = outcomes[type as keyof typeof outcomes];
        if (outcome) ended.inc({ outcome });
      }
    },

    observeCall({ provider, call, seconds, outcome }: ProviderCall): void {
      getOrInsertComputed(series, `${provider} ${call}`, () => durations({ provider, call }))(seconds);
      if (outcome !== 'answered') errors.inc({ provider, kind: outcome });
    },
  };
}

/** The checkouts with work to do, by state: how many, when the first of them is due, and how old the oldest is. */
async function readUnfinished(db: Database) {
  const rows = await db
    .selectFrom('checkouts')
    .select(({ fn }) => [
      'state',
      fn.countAll<number>().as('count'),
      sql<Date>`min(due_on)`.as('due'),
      sql<Date>`min(created_on)`.as('created'),
    ])
    .where('due_on', 'is not', null)
    .groupBy('state')
    .execute();
  return rows.map(({ state, count, due, created }) => ({
    state,
    count: Number(count),
    dueMs: due.getTime(),
    createdMs: created.getTime(),
  }));
}

async function readMovingRefunds(db: Database): Promise<{ count: number; oldestSeconds: number }> {
  const { count, oldest } = await db
    .selectFrom('refunds')
    .select(({ fn }) => [fn.countAll<number>().as('count'), sql<Date | null>`min(created_on)`.as('oldest')])
    .where('due_on', 'is not', null)
    .where('state', 'in', movingRefunds)
    .executeTakeFirstOrThrow();
  return { count: Number(count), oldestSeconds: oldest === null ? 0 : Math.max(0, Date.now() - oldest.getTime()) / 1_000 };
}

async function countFailedRefunds(db: Database): Promise<number> {
  const { count } = await db
    .selectFrom('refunds')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where('state', '=', 'failed')
    .executeTakeFirstOrThrow();
  return Number(count);
}
