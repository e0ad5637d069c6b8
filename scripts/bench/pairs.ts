import { Redis } from 'ioredis';
import type { PartContext } from './report.ts';
import { alternate, type Figures, saleWarmUps } from './rounds.ts';
import { type Bench, createLonelyTopic, type Server, startBenchService } from './system.ts';

/** Two processes running the same code differ by as much as most settings cost, so several pairs are started. */
const pairs = 3;
const roundsOfPair = 4;

/** How often `round` is called for each side, warm-ups included. */
export const roundsOfSide = pairs * (roundsOfPair + saleWarmUps);

/** Measures what settings of purchase cost: `round` with processes that have each side's settings, in turns. */
export async function alternatePairs<Name extends string>(
  sides: Record<Name, Record<string, string>>,
  { bench, say }: Pick<PartContext, 'bench' | 'say'>,
  round: (side: { bench: Bench; purchase: Server }) => Promise<Figures>,
): Promise<Record<Name, Figures[]>> {
  const topic = await createLonelyTopic(bench);
  const names = Object.keys(sides) as Name[];
  const measured = Object.fromEntries(names.map((name) => [name, [] as Figures[]])) as Record<Name, Figures[]>;
  for (let pair = 0; pair < pairs; pair++) {
    await using own = new AsyncDisposableStack();
    const runs = {} as Record<Name, () => Promise<Figures>>;
    for (const [at, name] of names.entries()) {
      // Each side has its own database, so that its relay does not publish the other side's sales.
      const REDIS_URL = `${bench.urls.redisUrl}/${at + 1}`;
      const redis = new Redis(REDIS_URL);
      own.defer(() => redis.disconnect());
      const env = { SNS_TOPIC_ARN: topic, REDIS_URL, ...sides[name] };
      const purchase = await startBenchService(bench, 'purchase', own, env);
      runs[name] = () => round({ bench: { ...bench, redis }, purchase });
    }
    const rounds = await alternate(runs, roundsOfPair, say, saleWarmUps);
    for (const name of names) measured[name].push(...rounds[name]);
  }
  return measured;
}
