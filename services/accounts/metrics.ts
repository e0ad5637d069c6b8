import { limitedRequests, type RequestLimits } from '../shared/limits/limit-requests.ts';
import type { Database, PoolUse } from '../shared/stores/database.ts';
import { measurePool } from '../shared/stores/measure-pool.ts';
import { registerHistogram } from '../shared/telemetry/histogram.ts';
import { createMetrics, type Metrics } from '../shared/telemetry/metrics.ts';
import type { Counters } from './counters.ts';
import { measureMails } from './mail/measure-mails.ts';
import type { HashQueue } from './passwords/hash-queue.ts';

const bucketsSeconds = [0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];

export function createAccountsMetrics({
  db,
  readUse,
  counters,
  hashQueue,
  limited,
}: {
  db: Database;
  readUse: () => PoolUse;
  counters: Counters;
  hashQueue: HashQueue;
  limited: RequestLimits['counts'];
}): Metrics & { timeHash: (seconds: number) => void } {
  const metrics = createMetrics();
  measurePool(readUse, metrics.registry);
  measureMails(metrics, db);
  metrics.counterOfProcess(...limitedRequests(limited));
  metrics.counterOfProcess('onsale_sign_ins_total', 'Sign-ins, by outcome.', () => counters.signIns, 'outcome');
  metrics.counterOfProcess(
    'onsale_refreshes_total',
    'Exchanges of refresh tokens, by outcome.',
    () => counters.refreshes,
    'outcome',
  );
  metrics.gaugeOfProcess('onsale_password_queue', 'Passwords that wait to be hashed or checked.', () => hashQueue.use().waiting);
  metrics.counterOfProcess(
    'onsale_password_refusals_total',
    'Requests refused because too many passwords waited.',
    () => hashQueue.use().refused,
  );
  const durations = registerHistogram(metrics.registry, {
    name: 'onsale_password_hash_seconds',
    help: 'How long a run of argon2id took, without waiting for its turn.',
    buckets: bucketsSeconds,
  });
  return { ...metrics, timeHash: durations({}) };
}
