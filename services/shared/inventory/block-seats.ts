import type { RedisClient } from '../stores/redis.ts';
import { loadScript } from '../stores/script.ts';
import { callScript } from './call-script.ts';
import type { Blocked, Refusal } from './decisions.ts';
import { readInventory } from './inventory.ts';
import { refuseWithoutInventory } from './opened-events.ts';
import { waitForNoReplica } from './replicas.ts';
import { bitOf, findSeat, type SeatName } from './zone-layout.ts';

export type BlockableSeat = SeatName & { zoneId: number };

const blockSeatsScript = loadScript(new URL('lua/block-seats.lua', import.meta.url));

/** Nobody changes an inventory this often within a few round trips to Redis. */
const maxTries = 10;

/**
 * Blocks seats, all or none, or frees blocked ones; those that are so already do not count. Refuses seats that do not exist and, to
 * block them, seats that are sold or held. Throws as callScript does.
 */
export async function blockSeats(
  redis: RedisClient,
  eventId: string,
  seats: BlockableSeat[],
  isBlocked: boolean,
): Promise<Blocked | Refusal> {
  for (let tried = 0; tried < maxTries; tried++) {
    const inventory = await readInventory(redis, eventId);
    if (!inventory) return await refuseWithoutInventory(redis, eventId);
    const zones = new Map(inventory.zones.map((zone) => [zone.zoneId, zone]));
    const places = seats.map((seat): [number, string] | undefined => {
      const zone = zones.get(seat.zoneId);
      const found = zone && findSeat(zone, seat);
      return zone && found && [seat.zoneId, String(bitOf(zone, found))];
    });
    const unknown = places.flatMap((place, at) => (place ? [] : [at]));
    if (unknown.length > 0) return { kind: 'refused', code: 'SEAT_NOT_FOUND', positions: unknown, isReplay: false };
    const fields = { revision: inventory.revision, places, isBlocked };
    const target = { redis, replicas: waitForNoReplica };
    const [decision] = await callScript(target, blockSeatsScript, eventId, [{ eventId, fields }]);
    if (decision?.kind === 'noInventory') return await refuseWithoutInventory(redis, eventId);
    if (decision?.kind !== 'stale') return decision as Blocked | Refusal;
  }
  throw new Error(
    `The inventory of ${eventId} changed ${maxTries} times meanwhile; nothing was blocked or freed. Run this again`,
  );
}
