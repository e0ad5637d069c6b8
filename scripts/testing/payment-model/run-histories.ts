import {
  buyersKey,
  countsKey,
  deadlinesKey,
  holdsKey,
  inventoryKey,
  openedEventsKey,
  ordersKey,
  outboxKey,
  runsKey,
  takenKey,
  talliesKey,
} from '../../../services/shared/inventory/keys.ts';
import { redis } from '../stores.ts';
import { comeToRest, live } from './acts.ts';
import { checkHistory } from './check.ts';
import { beginHistory, type History } from './history.ts';
import { type Lane, startLane, startPurchase } from './lane.ts';
import type { Plant } from './plants.ts';
import { Violation } from './violation.ts';

/** Histories that run at the same time: they mostly wait for the stores. */
const lanesAtOnce = 6;

/** A history that broke a rule, with everything that happened. */
export type Found = { rule: string; seed: number; message: string };

/**
 * Runs random histories with the seeds `seed`, `seed + 1` and so on, until one breaks a rule. Returns that one, and how many ran.
 */
export async function runHistories(
  resources: AsyncDisposableStack,
  { seed, count, plant }: { seed: number; count: number; plant?: Plant },
): Promise<{ ran: number; found?: Found; seen: Map<string, number> }> {
  const { url } = await startPurchase(resources);
  const seen = new Map<string, number>();
  let next = 0;
  let ran = 0;
  let found: Found | undefined;
  const work = async () => {
    const lane = await startLane(resources);
    while (next < count && !found) {
      const own = seed + next++;
      const outcome = await runOne(lane, url, own, plant, seen);
      ran += 1;
      found ??= outcome;
    }
  };
  await Promise.all(Array.from({ length: Math.min(lanesAtOnce, count) }, work));
  return { ran, ...(found && { found }), seen };
}

async function runOne(
  lane: Lane,
  url: string,
  seed: number,
  plant: Plant | undefined,
  seen: Map<string, number>,
): Promise<Found | undefined> {
  const { payments, refunds, events, replies } = lane.payments.journal;
  for (const known of [payments, refunds, events, replies]) known.clear();
  lane.payments.faults.clear();
  const history = await beginHistory(lane, url, seed, plant);
  try {
    await live(history);
    await comeToRest(history);
    for (const ending of await checkHistory(history)) seen.set(ending, (seen.get(ending) ?? 0) + 1);
    return undefined;
  } catch (error) {
    const rule = error instanceof Violation ? error.rule : 'an error';
    const told = [(error as Error).stack ?? String(error), `Seed ${seed}. This is what happened:`, ...history.happened];
    return { rule, seed, message: told.join('\n') };
  } finally {
    await forget(history);
  }
}

/** Leaves nothing behind that another history of the lane could find. */
async function forget({ db, event: { eventId } }: History): Promise<void> {
  const keys = [inventoryKey, countsKey, takenKey, talliesKey, runsKey, ordersKey, holdsKey, deadlinesKey, buyersKey, outboxKey];
  await Promise.all([
    redis.del(...keys.map((keyOf) => keyOf(eventId))),
    redis.srem(openedEventsKey, eventId),
    db.deleteFrom('checkout_outbox').execute(),
  ]);
}
