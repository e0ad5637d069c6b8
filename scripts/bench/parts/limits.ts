import { emptyRedis, holdsOf, openFreshEvent } from '../event.ts';
import { connections, figuresOf, runAcceptedLoad } from '../load.ts';
import { alternatePairs } from '../pairs.ts';
import type { PartContext, Report } from '../report.ts';
import { type Figures, medianOf, medianRatio } from '../rounds.ts';
import type { Bench, Server } from '../system.ts';
import { hall, sellThroughPurchase } from './purchase-against-floor.ts';

const requests = 25_000;

/** A network of its own for each request, as nearly all buyers of an on-sale have. */
const headers = Array.from(
  { length: requests },
  (_, at) => `x-forwarded-for: 10.${(at >> 16) & 255}.${(at >> 8) & 255}.${at & 255}\r\n`,
);

const sides = { 'without limits': { CLIENT_LIMITS: 'false' }, 'with limits': { CLIENT_LIMITS: 'true' } };

/** l: the cost of limiting what a client may ask for, take, hold and give back: for sales, and for holds. Nobody reaches a limit. */
export async function limits(context: PartContext): Promise<Report> {
  const sales = await alternatePairs(sides, context, ({ bench, purchase }) =>
    sellThroughPurchase(bench, purchase, requests, headers),
  );
  const holds = await alternatePairs(sides, context, ({ bench, purchase }) => hold(bench, purchase));
  const ratio = (measured: Record<keyof typeof sides, Figures[]>) =>
    medianRatio(measured['with limits'], measured['without limits'], 'perSecond');
  return {
    rows: [
      { what: 'sales with limits / without', value: ratio(sales), bar: { atLeast: 0.97 } },
      { what: 'sales with limits', value: medianOf(sales['with limits'], 'perSecond'), unit: 'sales/s' },
      { what: 'holds with limits / without', value: ratio(holds) },
      { what: 'holds with limits', value: medianOf(holds['with limits'], 'perSecond'), unit: 'holds/s' },
    ],
    notes: ['a hold counts for its client in Redis, which is another field to read and to write; a sale does not'],
    rounds: {
      'sales without limits': sales['without limits'],
      'sales with limits': sales['with limits'],
      'holds without limits': holds['without limits'],
      'holds with limits': holds['with limits'],
    },
  };
}

/** One round of holds for a new event. */
async function hold(bench: Bench, purchase: Server): Promise<Figures> {
  const event = await openFreshEvent(bench, hall);
  const load = { url: `${purchase.url}/holds`, bodies: holdsOf(event, requests), headers, connections };
  const result = await runAcceptedLoad(load);
  const ids = new Set(result.answers.map((answer) => (JSON.parse(answer) as { holdId: string }).holdId));
  if (ids.size !== requests) throw new Error(`${requests} answers name only ${ids.size} different holds`);
  // Holds that end later would slow down another round.
  await emptyRedis(bench.redis);
  return figuresOf(result);
}
