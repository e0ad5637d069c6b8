import { setTimeout as pause } from 'node:timers/promises';
import { Pool } from 'undici';
import { readInventory } from '../../../services/shared/inventory/inventory.ts';
import { providerSettings } from '../../local/counterpart-settings.ts';
import { freePort } from '../../local/free-ports.ts';
import { localPaymentKeys } from '../../local/payments/local-keys.ts';
import { inParallel } from '../../testing/http.ts';
import { assertSold, type BenchEvent, emptyRedis, holdsOf, newEvent, openBenchEvent, untilPublished } from '../event.ts';
import { connections, figuresOf, runAcceptedLoad } from '../load.ts';
import { forgetPeaks, peakMemory } from '../processes.ts';
import { emptyTables, untilProjected } from '../projection.ts';
import type { PartContext, Report } from '../report.ts';
import { alternate, type Figures, medianOf, medianRatio } from '../rounds.ts';
import { type Bench, type Server, startBenchPayments, startBenchService } from '../system.ts';

const hall = { zones: 20, rows: 26, columns: 30 };
const checkouts = 1_000;
const rounds = 3;
const warmUps = 1;
/** Buyers who begin to pay at the same moment. More only wait for each other: checkout keeps a core busy with fewer. */
const buyersAtOnce = 16;
const abandoned = 1_000;
/** The least that checkout takes. */
const minutes = 1;
const pollMs = 50;
const settledMs = 120_000;
const freeMs = 120_000;

type System = { bench: Bench; purchase: Server; checkout: Server; payments: Server };
type Opened = { checkoutId: string; payBy: string; payment: { clientSecret: string } };

/**
 * m: checkouts a second, from the hold to the order that is paid, with everything on this machine: purchase, checkout, persistence, the stores and
 * the payment provider, which sends its webhooks. Against the most that the provider alone can do, and against holds that are confirmed
 * without paying.
 */
export async function checkoutsAgainstProvider(
  { bench, resources, say }: PartContext,
  size = { checkouts, rounds, warmUps, abandoned },
): Promise<Report> {
  const purchase = await startBenchService(bench, 'purchase', resources);
  await startBenchService(bench, 'persistence', resources);
  const alone = await startBenchPayments(bench, resources);
  const port = await freePort();
  const payments = await startBenchPayments(bench, resources, { checkoutUrl: `http://127.0.0.1:${port}` });
  const settings = {
    ...providerSettings(payments.url),
    PURCHASE_URL: new URL(purchase.url).origin,
    CHECKOUT_MINUTES: String(minutes),
  };
  const checkout = await startBenchService(bench, 'checkout', resources, settings, port);
  const system = { bench, purchase, checkout, payments };
  await forgetPeaks();
  const measured = await alternate(
    {
      checkout: () => payAll(system, size.checkouts),
      provider: () => payAtProvider(alone, size.checkouts),
      unpaid: () => confirmAll(system, size.checkouts),
    },
    size.rounds,
    say,
    size.warmUps,
  );
  const { checkout: peakBytes = Number.NaN } = await peakMemory();
  const freeAfterMs = await abandon(system, size.abandoned);
  say(`the seats of ${size.abandoned} abandoned checkouts were free ${Math.round(freeAfterMs)} ms after their time`);
  const rate = (side: keyof typeof measured, name = 'perSecond') => medianOf(measured[side], name);
  return {
    rows: [
      { what: "checkouts / the provider's own payments", value: medianRatio(measured.checkout, measured.provider, 'perSecond') },
      { what: 'checkouts / holds confirmed without paying', value: medianRatio(measured.checkout, measured.unpaid, 'perSecond') },
      { what: 'checkouts, from the hold to the paid order', value: rate('checkout'), unit: 'checkouts/s' },
      { what: "the provider's own payments", value: rate('provider'), unit: 'payments/s' },
      { what: 'holds confirmed without paying', value: rate('unpaid'), unit: 'orders/s' },
      {
        what: 'p99 of beginning a checkout, provider included',
        value: rate('checkout', 'p99Ms'),
        unit: 'ms',
        bar: { atMost: 500 },
      },
      {
        what: `seats of ${size.abandoned} abandoned checkouts free after their time`,
        value: freeAfterMs / 1_000,
        unit: 's',
        bar: { atMost: 2 },
      },
      { what: 'peak memory of checkout (RSS)', value: peakBytes / 1_048_576, unit: 'MiB', bar: { atMost: 600 } },
    ],
    notes: [
      'the provider, its webhooks and the load share the two cores with everything else; each payment is created, authorized, captured, and told of',
    ],
    rounds: measured,
  };
}

/** Holds seats, begins a checkout for each hold, pays at the provider, and waits until every checkout is paid. */
async function payAll({ bench, purchase, checkout, payments }: System, count: number): Promise<Figures> {
  const event = await openPaid(bench);
  const startedAt = performance.now();
  const held = await runAcceptedLoad({ url: `${purchase.url}/holds`, bodies: holdsOf(event, count), connections });
  const begun = await begin(checkout, held.answers);
  const pool = new Pool(payments.url, { connections });
  await inParallel(begun.opened, connections, async ({ payment }) => {
    const [ref = ''] = payment.clientSecret.split('_secret');
    await post(pool, `/test/payments/${ref}/succeed`, '');
  });
  await untilPaid(bench, event, count);
  const elapsedMs = performance.now() - startedAt;
  await pool.close();
  await prove(bench, event, count);
  const { p50Ms = 0, p99Ms = 0 } = begun.figures;
  return { perSecond: (count * 1_000) / elapsedMs, p50Ms, p99Ms };
}

/** Begins a checkout for each of the holds. */
async function begin(checkout: Server, holds: string[]): Promise<{ opened: Opened[]; figures: Figures }> {
  const bodies = holds.map((answer, at) => {
    const { holdId } = JSON.parse(answer) as { holdId: string };
    return JSON.stringify({ holdId, email: `buyer-${at}@shop.example`, provider: 'stripe' });
  });
  const result = await runAcceptedLoad({ url: `${checkout.url}/checkouts`, bodies, connections: buyersAtOnce });
  return { opened: result.answers.map((answer) => JSON.parse(answer) as Opened), figures: figuresOf(result) };
}

/** The same requests to the provider, without anybody in between: created, authorized and captured. */
async function payAtProvider(payments: Server, count: number): Promise<Figures> {
  const pool = new Pool(payments.url, { connections });
  const startedAt = performance.now();
  await inParallel([...Array(count).keys()], connections, async (at) => {
    const run = `${startedAt}-${at}`;
    const fields = {
      amount: '10000',
      currency: 'usd',
      'automatic_payment_methods[enabled]': 'true',
      'payment_method_options[card][capture_method]': 'manual',
      'metadata[checkoutId]': run,
    };
    const { id } = await post(pool, '/v1/payment_intents', new URLSearchParams(fields).toString(), `${run}-create`);
    await post(pool, `/test/payments/${id}/succeed`, '');
    await post(pool, `/v1/payment_intents/${id}/capture`, '', `${run}-capture`);
  });
  const elapsedMs = performance.now() - startedAt;
  await pool.close();
  return { perSecond: (count * 1_000) / elapsedMs };
}

async function post(pool: Pool, path: string, body: string, key?: string): Promise<{ id: string }> {
  const headers = {
    authorization: `Bearer ${localPaymentKeys.STRIPE_SECRET_KEY}`,
    'content-type': 'application/x-www-form-urlencoded',
    ...(key !== undefined && { 'idempotency-key': key }),
  };
  const response = await pool.request({ method: 'POST', path, body, headers });
  const text = await response.body.text();
  if (response.statusCode !== 200) throw new Error(`POST ${path} returned ${response.statusCode}: ${text}`);
  return JSON.parse(text) as { id: string };
}

/** Holds seats, and confirms each hold, for nothing. */
async function confirmAll({ bench, purchase }: System, count: number): Promise<Figures> {
  await emptyRedis(bench.redis);
  const event = await openBenchEvent(bench, newEvent(hall));
  const startedAt = performance.now();
  const held = await runAcceptedLoad({ url: `${purchase.url}/holds`, bodies: holdsOf(event, count), connections });
  const pool = new Pool(new URL(purchase.url).origin, { connections });
  await inParallel(held.answers, connections, async (answer) => {
    const { holdId } = JSON.parse(answer) as { holdId: string };
    const path = `${new URL(purchase.url).pathname}/holds/${holdId}/confirm`;
    const response = await pool.request({ method: 'POST', path });
    const text = await response.body.text();
    if (response.statusCode !== 201) throw new Error(`POST ${path} returned ${response.statusCode}: ${text}`);
  });
  const elapsedMs = performance.now() - startedAt;
  await pool.close();
  await prove(bench, event, count);
  return { perSecond: (count * 1_000) / elapsedMs };
}

/** Begins checkouts that nobody pays. Returns how long after their time, in ms, all of their seats are free again. */
async function abandon({ bench, purchase, checkout }: System, count: number): Promise<number> {
  const event = await openPaid(bench);
  const held = await runAcceptedLoad({ url: `${purchase.url}/holds`, bodies: holdsOf(event, count), connections });
  const { opened } = await begin(checkout, held.answers);
  const lastMs = Math.max(...opened.map(({ payBy }) => Date.parse(payBy)));
  for (const endMs = lastMs + freeMs; Date.now() < endMs; await pause(pollMs)) {
    const { held = new Map<number, number>() } = (await readInventory(bench.redis, event.eventId)) ?? {};
    if (held.values().every((places) => places === 0)) return Date.now() - lastMs;
  }
  throw new Error(`the seats of abandoned checkouts were not free within ${freeMs / 1_000} s`);
}

async function openPaid({ db, redis }: Bench): Promise<BenchEvent> {
  await emptyRedis(redis);
  return await openBenchEvent({ db, redis }, newEvent(hall), { payment: 'required' });
}

async function untilPaid({ db }: Bench, { eventId }: BenchEvent, count: number): Promise<void> {
  for (const endMs = Date.now() + settledMs; Date.now() < endMs; await pause(pollMs)) {
    const rows = await db
      .selectFrom('checkouts')
      .select('checkout_id')
      .where('event_id', '=', eventId)
      .where('state', '=', 'paid')
      .execute();
    if (rows.length === count) return;
  }
  throw new Error(`not all of ${count} checkouts were paid within ${settledMs / 1_000} s`);
}

/** Throws unless every seat was sold once, and is in MySQL. Then makes room, once all webhooks are settled. */
async function prove({ db, redis }: Bench, event: BenchEvent, count: number): Promise<void> {
  await untilPublished(redis, event.eventId);
  await assertSold(redis, event, count);
  await untilProjected(db, event.eventId, count);
  const waiting = () => db.selectFrom('provider_inbox').select('provider_event_id').where('due_on', 'is not', null).execute();
  while ((await waiting()).length > 0) await pause(pollMs);
  await emptyTables(db);
}
