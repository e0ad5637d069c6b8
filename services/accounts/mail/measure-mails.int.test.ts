import { afterAll, expect, it, vi } from 'vitest';
import { createScratchWithTables } from '../../../scripts/testing/scratch-database.ts';
import { silentLogger } from '../../../scripts/testing/silent-logger.ts';
import { connectDatabase, type Database } from '../../shared/stores/database.ts';
import { createMetrics } from '../../shared/telemetry/metrics.ts';
import { startMailSender } from './mail-sender.ts';
import { measureMails } from './measure-mails.ts';
import { readMailBacklog } from './outbox.ts';
import { queueMail } from './queue-mail.ts';

const resources = new AsyncDisposableStack();
afterAll(() => resources.disposeAsync());
const db = await createScratchWithTables(resources);

/** Metrics as a scrape shows them: by name with labels. */
function metricsOf(of: Database) {
  const metrics = createMetrics();
  measureMails(metrics, of);
  return async () => {
    const lines = (await metrics.registry.metrics()).split('\n').filter((line) => line.startsWith('onsale_mail'));
    return Object.fromEntries(lines.map((line) => line.split(/ (?=\S+$)/)));
  };
}

it('counts attempts by outcome, from zero, and measures how long mails that were sent had waited', async () => {
  const scrape = metricsOf(db);
  expect(await scrape()).toMatchObject({
    'onsale_mail_attempts_total{outcome="sent"}': '0',
    'onsale_mail_attempts_total{outcome="retried"}': '0',
    'onsale_mail_attempts_total{outcome="given-up"}': '0',
    onsale_mail_delay_seconds_count: '0',
  });
  const nowMs = Date.now();
  const errors = new Map([
    ['slow@shop.example', 'TooManyRequestsException'],
    ['bad@shop.example', 'BadRequestException'],
  ]);
  for (const to of ['ann@shop.example', 'bob@shop.example', ...errors.keys()])
    await db.transaction().execute((trx) => queueMail(trx, { to, kind: 'no-account' }, nowMs));
  const sender = startMailSender({
    db,
    send: async ({ to }) => {
      const name = errors.get(to);
      if (name) throw Object.assign(new Error('on purpose'), { name });
    },
    origin: 'https://tickets.example',
    logger: silentLogger,
    // They have waited for seven seconds; the one that is retried waits on.
    clock: () => nowMs + 7_000,
    pauseMs: 10,
  });
  await vi.waitFor(async () => expect((await scrape())['onsale_mail_attempts_total{outcome="sent"}']).toBe('2'), {
    timeout: 10_000,
    interval: 10,
  });
  await sender.stop();
  expect(await scrape()).toMatchObject({
    'onsale_mail_attempts_total{outcome="sent"}': '2',
    'onsale_mail_attempts_total{outcome="retried"}': '1',
    'onsale_mail_attempts_total{outcome="given-up"}': '1',
    'onsale_mail_delay_seconds_bucket{le="5"}': '0',
    'onsale_mail_delay_seconds_bucket{le="10"}': '2',
    onsale_mail_delay_seconds_sum: '14',
    onsale_mail_delay_seconds_count: '2',
  });
});

it('shows the backlog: the mails that wait, and for how long the oldest has', async () => {
  await db.deleteFrom('mails').execute();
  expect(await metricsOf(db)()).toMatchObject({ onsale_mails_waiting: '0', onsale_mail_oldest_seconds: '0' });
  const nowMs = Date.now();
  for (const [at, to] of ['ann@shop.example', 'bob@shop.example'].entries())
    await db.transaction().execute((trx) => queueMail(trx, { to, kind: 'already-registered' }, nowMs - at * 3_600_000));
  const shown = await metricsOf(db)();
  expect(shown['onsale_mails_waiting']).toBe('2');
  const { oldestSeconds } = await readMailBacklog(db, nowMs);
  expect(oldestSeconds).toBe(3_600);
  expect(Number(shown['onsale_mail_oldest_seconds'])).toBeGreaterThanOrEqual(oldestSeconds);
});

it('shows no backlog while the database is away, instead of an old one or none', async () => {
  const away = connectDatabase('mysql://127.0.0.1:1/nothing', 1);
  resources.defer(() => away.destroy());
  expect(await metricsOf(away)()).toMatchObject({ onsale_mails_waiting: 'Nan', onsale_mail_oldest_seconds: 'Nan' });
});
