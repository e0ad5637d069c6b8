import { costOf, requestsIn, type Tally } from '../aws-requests.ts';
import { assertSold, openFreshEvent, purchasesOf, untilPublished } from '../event.ts';
import { runPurchases } from '../load.ts';
import { emptyTables, untilProjected } from '../projection.ts';
import type { PartContext, Report } from '../report.ts';
import { alternate, type Figures, medianOf } from '../rounds.ts';
import { type Bench, type Server, settingsAt, startBenchServer, startBenchService } from '../system.ts';
import { hall } from './purchase-against-floor.ts';

const rounds = 5;
const peakSales = 20_000;
/** Slow enough that each sale is published, received and acknowledged alone. */
const idle = { sales: 40, perSecond: 2 };

/** d: the SNS and SQS requests per ticket that purchase and persistence make together. */
export async function requestsPerTicket({ bench, resources, say }: PartContext): Promise<Report> {
  const counter = await startBenchServer(bench, import.meta.resolve('../request-counter.ts'), resources, {
    UPSTREAM: bench.endpoint,
  });
  const env = settingsAt(bench.urls, counter.url);
  await startBenchService(bench, 'persistence', resources, env);
  const purchase = await startBenchService(bench, 'purchase', resources, env);
  const count = (sales: number, ratePerSecond?: number) => countRequests(bench, { purchase, counter }, sales, ratePerSecond);
  const { peak } = await alternate({ peak: () => count(peakSales) }, rounds, say);
  const trickle = await count(idle.sales, idle.perSecond);
  say(`trickle: ${JSON.stringify(trickle)}`);
  return {
    rows: [
      { what: 'SNS and SQS requests per ticket at peak', value: medianOf(peak, 'requestsPerTicket'), bar: { atMost: 0.05 } },
      { what: 'a million tickets at peak, list price', value: medianOf(peak, 'usdPerMillion'), unit: 'USD' },
      { what: `requests per ticket at ${idle.perSecond} sales/s`, value: trickle['requestsPerTicket'] ?? Number.NaN },
      {
        what: `a million tickets at ${idle.perSecond} sales/s, list price`,
        value: trickle['usdPerMillion'] ?? Number.NaN,
        unit: 'USD',
      },
    ],
    notes: [
      'a proxy between the services and the emulator counts the requests, including long polls',
      'like AWS, the price counts each 64 KB of payload as a request (us-east-1: SNS 0.50, SQS 0.40 USD per million; SNS to SQS is free)',
    ],
    rounds: { peak, trickle: [trickle] },
  };
}

async function countRequests(
  bench: Bench,
  { purchase, counter }: { purchase: Server; counter: Server },
  sales: number,
  ratePerSecond?: number,
): Promise<Figures> {
  await emptyTables(bench.db);
  const event = await openFreshEvent(bench, hall);
  await takeTally(counter);
  const load = { url: `${purchase.url}/tickets`, bodies: purchasesOf(event, sales), ...(ratePerSecond && { ratePerSecond }) };
  const { figures } = await runPurchases(load);
  await untilPublished(bench.redis, event.eventId);
  await assertSold(bench.redis, event, sales);
  await untilProjected(bench.db, event.eventId, sales);
  const tally = await takeTally(counter);
  const byAction = Object.fromEntries(Object.entries(tally).map(([action, { requests }]) => [action, requests]));
  const requestsPerTicket = requestsIn(tally) / sales;
  return {
    requestsPerTicket,
    usdPerMillion: (costOf(tally) * 1e6) / sales,
    salesPerSecond: figures['perSecond'] ?? 0,
    ...byAction,
  };
}

const takeTally = async ({ url }: Server) => (await (await fetch(`${url}/tally`)).json()) as Tally;
