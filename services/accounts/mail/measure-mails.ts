import { Counter, Histogram } from 'prom-client';
import { recently } from '../../shared/basics/recently.ts';
import type { Database } from '../../shared/stores/database.ts';
import type { Metrics } from '../../shared/telemetry/metrics.ts';
import { type MailOutcome, mailOutcomes } from './mail-sender.ts';
import { readMailBacklog } from './outbox.ts';

/** Gauges of one scrape share a read. */
const readEveryMs = 1_000;

/** Adds the metrics of mails: attempts by outcome, the time from queueing to sending, and the backlog in MySQL. */
export function measureMails(metrics: Metrics, db: Database): void {
  const registers = [metrics.registry];
  const attempts = new Counter({
    name: 'onsale_mail_attempts_total',
    help: 'Attempts to send a mail: sent, retried (it is tried again) or given-up.',
    labelNames: ['outcome'],
    registers,
  });
  // From zero: a counter that appears with its first event hides that event from Prometheus.
  for (const outcome of ['sent', 'retried', 'given-up']) attempts.inc({ outcome }, 0);
  const delay = new Histogram({
    name: 'onsale_mail_delay_seconds',
    help: 'From the moment a mail was queued until it was sent.',
    buckets: [0.5, 1, 2.5, 5, 10, 30, 60, 300, 1_800, 3_600, 21_600, 86_400],
    registers,
  });
  mailOutcomes.subscribe((message) => {
    const { outcome, seconds } = message as MailOutcome;
    attempts.inc({ outcome });
    if (outcome === 'sent') delay.observe(seconds);
  });
  const readBacklog = recently(() => readMailBacklog(db), readEveryMs);
  metrics.gaugeOfStore('onsale_mails_waiting', 'Mails in the outbox.', async () => (await readBacklog()).waiting);
  metrics.gaugeOfStore(
    'onsale_mail_oldest_seconds',
    'How long the oldest mail in the outbox has waited.',
    async () => (await readBacklog()).oldestSeconds,
  );
}
