import type { Database } from '../stores/database.ts';
import type { RedisClient } from '../stores/redis.ts';
import { type BlockableSeat, blockSeats } from './block-seats.ts';
import type { Blocked, Refusal } from './decisions.ts';
import { lockEvent } from './event-state.ts';
import { readInventory } from './inventory.ts';
import { readCatalogue, writeCatalogue } from './plan/catalogue.ts';
import { comparePlans } from './plan/compare-plans.ts';
import { byCommand, touchEvent } from './record-change.ts';

/**
 * Blocks or frees seats of an event, all or none, in Redis and in MySQL's catalogue, from which an inventory can be rebuilt. Redis decides,
 * inside the catalogue's transaction; after a crash between the two, running it again repairs the difference. Throws as blockSeats
 * does, and a VersionConflict if the event has another version than `expected`.
 */
export async function changeBlocked(
  db: Database,
  redis: RedisClient,
  eventId: string,
  seats: BlockableSeat[],
  isBlocked: boolean,
  { principal = byCommand, expected }: { principal?: string; expected?: number | undefined } = {},
): Promise<Blocked | Refusal> {
  return await db
    .transaction()
    .setIsolationLevel('read committed')
    .execute(async (trx) => {
      // One at a time: each writes what the inventory has after it.
      await lockEvent(trx, eventId, expected);
      const outcome = await blockSeats(redis, eventId, seats, isBlocked);
      if (outcome.kind === 'refused') return outcome;
      const [plan, inventory] = [await readCatalogue(trx, eventId), await readInventory(redis, eventId)];
      if (!plan || !inventory) return outcome;
      const blocked = new Map(inventory.zones.map((zone) => [zone.zoneId, zone.blocked]));
      const zones = plan.inventory.zones.map(({ blocked: _, ...zone }) => {
        const now = blocked.get(zone.zoneId);
        return { ...zone, ...(now && { blocked: now }) };
      });
      const after = { ...plan, inventory: { ...plan.inventory, zones } };
      const { changes } = comparePlans(plan, after);
      if (changes.length === 0) return outcome;
      await writeCatalogue(trx, after);
      await touchEvent(trx, eventId, { principal, action: isBlocked ? 'block' : 'unblock', changes });
      return outcome;
    });
}
