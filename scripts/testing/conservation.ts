import type { Redis } from 'ioredis';
import { holdersKey, outboxKey, takenKey } from '../../services/purchase/keys.ts';
import { readInventory } from '../../services/purchase/seats/inventory.ts';

/**
 * Throws unless the inventory adds up: in every zone as many seats taken as sold, each with a holder, none beyond the
 * capacity; and the outbox numbers its domain events 1 … n, one for each sale.
 */
export async function assertConserved(redis: Redis, eventId: string): Promise<void> {
  const inventory = await readInventory(redis, eventId);
  if (!inventory) throw new Error(`${eventId} has no inventory`);
  const faults: string[] = [];
  let sales = 0;
  for (const { zoneId, capacity } of inventory.zones) {
    const sold = inventory.sold.get(zoneId) ?? 0;
    const taken = await redis.bitcount(takenKey(eventId, zoneId));
    const holders = await redis.hvals(holdersKey(eventId, zoneId));
    sales += sold;
    if (taken !== sold) faults.push(`zone ${zoneId}: ${taken} seats taken, ${sold} sold`);
    if (new Set(holders).size !== sold) faults.push(`zone ${zoneId}: ${new Set(holders).size} holders, ${sold} sold`);
    if (sold > capacity) faults.push(`zone ${zoneId}: ${sold} sold of ${capacity}`);
  }
  const entries = await redis.xrange(outboxKey(eventId), '-', '+');
  const sequences = entries.map(([, fields]) => Number(fields[fields.indexOf('sequence') + 1]));
  if (sequences.some((sequence, at) => sequence !== at + 1)) faults.push('the outbox has a gap');
  if (sequences.length !== inventory.sequence) faults.push(`sequence ${inventory.sequence}, ${sequences.length} domain events`);
  if (sales !== sequences.length) faults.push(`${sales} tickets sold, ${sequences.length} domain events`);
  if (faults.length > 0) throw new Error(`${eventId} does not add up:\n${faults.join('\n')}`);
}
