import type { Redis } from 'ioredis';
import { assertSold, emptyRedis, newEvent, openFreshEvent, purchasesOf, untilPublished } from '../event.ts';
import { runPurchases } from '../load.ts';
import type { PartContext, Report } from '../report.ts';
import { alternate, type Figures, medianOf, medianRatio, saleWarmUps } from '../rounds.ts';
import { type Bench, createLonelyTopic, type Server, startBenchServer, startBenchService } from '../system.ts';
import { logKey, seatsKey } from '../ticket-server.ts';

/** 31,200 seats. */
export const hall = { zones: 40, rows: 26, columns: 30 };

/** a: purchase's sales per second, against a bare floor: Fastify, a schema, and one script that takes and records a seat. */
export async function purchaseAgainstFloor(
  { bench, resources, say, earlier }: PartContext,
  { requests, rounds, warmUps } = { requests: 25_000, rounds: 8, warmUps: saleWarmUps },
): Promise<Report> {
  const env = { SNS_TOPIC_ARN: await createLonelyTopic(bench) };
  const purchase = await startBenchService(bench, 'purchase', resources, env);
  const floor = await startBenchServer(bench, import.meta.resolve('../floor.ts'), resources);
  const measured = await alternate(
    { purchase: () => sellThroughPurchase(bench, purchase, requests), floor: () => sellOnFloor(bench.redis, floor, requests) },
    rounds,
    say,
    warmUps,
  );
  const ceiling = earlier['generator']?.rounds['generator'];
  const rate = (side: keyof typeof measured, name = 'perSecond') => medianOf(measured[side], name);
  return {
    rows: [
      {
        what: 'purchase / bare floor',
        value: medianRatio(measured.purchase, measured.floor, 'perSecond'),
        bar: { atLeast: 0.85 },
      },
      { what: 'purchase', value: rate('purchase'), unit: 'sales/s' },
      { what: 'bare floor', value: rate('floor'), unit: 'sales/s' },
      { what: 'purchase until all is published / bare floor', value: rate('purchase', 'publishedPerSecond') / rate('floor') },
      { what: 'CPU of the generator, with purchase', value: rate('purchase', 'generatorCores'), unit: 'cores' },
      ...(ceiling
        ? [{ what: "bare floor / the generator's maximum", value: rate('floor') / medianOf(ceiling, 'perSecond') }]
        : []),
      { what: 'CPU of the generator, with the floor', value: rate('floor', 'generatorCores'), unit: 'cores' },
    ],
    notes: ["purchase publishes to a topic without subscribers: on AWS, delivering to queues would not take this machine's CPU"],
    rounds: measured,
  };
}

/** One round of sales for a new event. `publishedPerSecond` counts until the relay has published the last one. */
export async function sellThroughPurchase(
  bench: Bench,
  purchase: Server,
  requests: number,
  headers: string[] = [],
): Promise<Figures> {
  const event = await openFreshEvent(bench, hall);
  const bodies = purchasesOf(event, requests);
  const { result, figures } = await runPurchases({ url: `${purchase.url}/tickets`, bodies, headers });
  await untilPublished(bench.redis, event.eventId);
  const publishedMs = Date.now() - result.startedAtMs;
  await assertSold(bench.redis, event, requests);
  return { ...figures, publishedPerSecond: (requests * 1_000) / publishedMs };
}

async function sellOnFloor(redis: Redis, floor: Server, requests: number): Promise<Figures> {
  await emptyRedis(redis);
  const event = newEvent(hall);
  const { figures } = await runPurchases({ url: `${floor.url}/tickets`, bodies: purchasesOf(event, requests) });
  const kept = await Promise.all([redis.hlen(seatsKey(event.eventId)), redis.xlen(logKey(event.eventId))]);
  if (kept.some((count) => count !== requests)) throw new Error(`the floor recorded ${kept.join(' and ')} of ${requests} sales`);
  return figures;
}
