import { Client } from 'undici';
import { type BenchEvent, newEvent, openBenchEvent, openFreshEvent, ordersOf, purchasesOf } from '../event.ts';
import { runAcceptedLoad, runPurchases } from '../load.ts';
import { emptyTables, untilProjected } from '../projection.ts';
import { proveEvent } from '../prove-event.ts';
import type { PartContext, Report } from '../report.ts';
import { alternate, type Figures, median, medianOf, medianRatio } from '../rounds.ts';
import { startBenchService } from '../system.ts';

/** A million seats. The small event uses the same hall, so that it differs only in the tickets sold. */
const hall = { zones: 100, rows: 20, columns: 500 };
const seats = hall.zones * hall.rows * hall.columns;
const fewSales = 10_000;
const ordersAtOnce = 10_000;
/** Few, because filling is not measured and no request should time out. */
const fillConnections = 16;
const rounds = 5;
const requests = 300;
const warmUps = 3;

const reads = {
  count: ({ eventId }: BenchEvent) => `/tickets/count/${eventId}`,
  revenue: ({ venueId, eventId }: BenchEvent) => `/tickets/revenue/${venueId}/${eventId}`,
  seatMap: ({ eventId }: BenchEvent) => `/events/${eventId}/zones/1/seats`,
  availability: ({ eventId }: BenchEvent) => `/events/${eventId}/availability`,
};
const names = Object.keys(reads) as (keyof typeof reads)[];

/**
 * e: the query service's latency for an event of a million tickets, against one of 10,000 in an otherwise empty database. Also
 * measures `verify` and `rebuild` of the large event.
 */
export async function queriesAtAMillion({ bench, resources, say }: PartContext): Promise<Report> {
  const query = await startBenchService(bench, 'query', resources);
  await startBenchService(bench, 'persistence', resources);
  const purchase = await startBenchService(bench, 'purchase', resources);
  const client = new Client(new URL(query.url).origin);
  resources.defer(() => client.destroy());
  const read = (event: BenchEvent, sold: number) => readEvent(client, event, sold);

  await emptyTables(bench.db);
  const small = await openFreshEvent(bench, hall);
  await runPurchases({ url: `${purchase.url}/tickets`, bodies: purchasesOf(small, fewSales) });
  await untilProjected(bench.db, small.eventId, fewSales);
  for (let at = 0; at < warmUps; at++) await read(small, fewSales);
  const { alone } = await alternate({ alone: () => read(small, fewSales) }, rounds, say);

  const large = await openBenchEvent(bench, newEvent(hall));
  const orders = ordersOf(large);
  for (let at = 0; at < orders.length; at += ordersAtOnce) {
    const bodies = orders.slice(at, at + ordersAtOnce);
    const { accepted, elapsedMs } = await runAcceptedLoad({
      url: `${purchase.url}/orders`,
      bodies,
      connections: fillConnections,
    });
    say(`${at + bodies.length} of ${orders.length} orders sold, ${Math.round((accepted * 1_000) / elapsedMs)} per second`);
  }
  await untilProjected(bench.db, large.eventId, seats);
  const { million, beside } = await alternate(
    { million: () => read(large, seats), beside: () => read(small, fewSales) },
    rounds,
    say,
  );

  const proof = await proveEvent(bench, large.eventId, say);
  return {
    rows: [
      ...proof.rows,
      ...names.flatMap((name) => [
        {
          what: `${name}, 1,000,000 tickets / 10,000 alone`,
          value: medianOf(million, `${name}Ms`) / medianOf(alone, `${name}Ms`),
          bar: { atMost: 1.5 },
        },
        { what: `${name}, 1,000,000 tickets / 10,000 in the same database`, value: medianRatio(million, beside, `${name}Ms`) },
        { what: `${name}, 1,000,000 tickets, median`, value: medianOf(million, `${name}Ms`), unit: 'ms' },
        { what: `${name}, 1,000,000 tickets, p99`, value: medianOf(million, `${name}P99Ms`), unit: 'ms' },
      ]),
    ],
    notes: [
      `both events have ${hall.zones} zones of ${hall.rows * hall.columns} seats; one request after another on one connection`,
    ],
    rounds: { alone, million, beside, ...proof.rounds },
  };
}

/** One round of each read, in ms. Throws if the count differs from what was sold. */
async function readEvent(client: Client, event: BenchEvent, sold: number): Promise<Figures> {
  const figures: Figures = {};
  for (const name of names) {
    const path = `/query/api/v1${reads[name](event)}`;
    const took: number[] = [];
    for (let at = 0; at < requests; at++) {
      const startedAt = performance.now();
      const { statusCode, body } = await client.request({ method: 'GET', path });
      const answer = await body.text();
      took.push(performance.now() - startedAt);
      if (statusCode !== 200) throw new Error(`GET ${path} returned ${statusCode}: ${answer}`);
      if (name === 'count' && (JSON.parse(answer) as { count: number }).count !== sold)
        throw new Error(`GET ${path} returned ${answer}, but ${sold} were sold`);
    }
    figures[`${name}Ms`] = median(took);
    figures[`${name}P99Ms`] = took.toSorted((a, b) => a - b)[Math.floor(requests * 0.99)] ?? Number.NaN;
  }
  return figures;
}
