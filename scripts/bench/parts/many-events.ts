import { Redis } from 'ioredis';
import { createSeats } from '../../../services/purchase/seats/create-seats.ts';
import { openInventory } from '../../../services/shared/inventory/open-inventory.ts';
import { assertSold, emptyRedis, newEvent, openBenchEvent, purchasesOf, untilPublished } from '../event.ts';
import { runPurchases } from '../load.ts';
import type { PartContext, Report } from '../report.ts';
import { alternate, type Figures, medianOf, medianRatio, saleWarmUps } from '../rounds.ts';
import { type Bench, createLonelyTopic, type Server, startBenchService } from '../system.ts';
import { hall } from './purchase-against-floor.ts';

const rounds = 6;
const requests = 25_000;
const many = 5_000;
const few = 5;
const openedAtOnce = 100;

type Side = { purchase: Server; redis: Redis };

/** k: the sales rate of one event in an installation with 5,000 open events, against one with five. */
export async function manyEvents({ bench, resources, say }: PartContext): Promise<Report> {
  const env = { SNS_TOPIC_ARN: await createLonelyTopic(bench) };
  const sides = {
    many: await startSide(bench, resources, { database: 1, events: many, env, say }),
    few: await startSide(bench, resources, { database: 2, events: few, env, say }),
  };
  // Stop the other side's process, whose periodic work over its events would take CPU.
  const alone = async (side: Side, other: Side) => {
    other.purchase.kill('SIGSTOP');
    side.purchase.kill('SIGCONT');
    return await sell(bench, side);
  };
  const measured = await alternate(
    { many: () => alone(sides.many, sides.few), few: () => alone(sides.few, sides.many) },
    rounds,
    say,
    saleWarmUps,
  );
  for (const { purchase } of Object.values(sides)) purchase.kill('SIGCONT');
  return {
    rows: [
      {
        what: `selling one of ${many} open events / one of ${few}`,
        value: medianRatio(measured.many, measured.few, 'perSecond'),
        bar: { atLeast: 0.95 },
      },
      { what: 'the same, p99', value: medianRatio(measured.many, measured.few, 'p99Ms') },
      { what: `one of ${many} events`, value: medianOf(measured.many, 'perSecond'), unit: 'sales/s' },
      { what: `one of ${few} events`, value: medianOf(measured.few, 'perSecond'), unit: 'sales/s' },
    ],
    notes: ['each of the other events has sold a ticket'],
    rounds: measured,
  };
}

/** Starts a purchase service on a Redis database with `events` open events, each of which has sold a ticket. */
async function startSide(
  bench: Bench,
  resources: AsyncDisposableStack,
  { database, events, env, say }: { database: number; events: number; env: Record<string, string>; say: (line: string) => void },
): Promise<Side> {
  const url = `${bench.urls.redisUrl}/${database}`;
  const redis = new Redis(url);
  resources.defer(() => redis.disconnect());
  await emptyRedis(redis);
  for (let opened = 0; opened < events; opened += openedAtOnce) {
    await Promise.all(Array.from({ length: Math.min(openedAtOnce, events - opened) }, () => openQuietEvent(redis)));
  }
  say(`${events} events are open`);
  return { purchase: await startBenchService(bench, 'purchase', resources, { ...env, REDIS_URL: url }), redis };
}

async function openQuietEvent(redis: Redis): Promise<void> {
  const { venueId, eventId } = newEvent(hall);
  const zones = [{ zoneId: 1, capacity: 10, priceMinor: 100 }];
  await openInventory(redis, { eventId, venueId, currency: 'USD', onSaleAtMs: 0, holdMs: 600_000, zones });
  await createSeats({ redis }).sell({ eventId, request: { zoneId: 1, quantity: 1, split: false } });
}

async function sell(bench: Bench, { purchase, redis }: Side): Promise<Figures> {
  const event = await openBenchEvent({ db: bench.db, redis }, newEvent(hall));
  const { figures } = await runPurchases({ url: `${purchase.url}/tickets`, bodies: purchasesOf(event, requests) });
  await untilPublished(redis, event.eventId);
  await assertSold(redis, event, requests);
  return figures;
}
