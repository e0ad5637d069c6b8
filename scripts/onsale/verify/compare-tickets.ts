import type { System } from '../system.ts';
import type { Differences } from './differences.ts';
import { type Digests, differing } from './digests.ts';
import { judgeTickets } from './judge-tickets.ts';
import { matchTickets } from './match-tickets.ts';

/** Reports the tickets that differ between Redis and MySQL. Returns how many await a cancellation that is on its way. */
export async function compareTickets(
  system: System,
  eventId: string,
  compared: { inRedis: Digests; inMysql: Digests; isCompared: (sequence: number) => boolean },
  known: Parameters<typeof judgeTickets>[3],
  differences: Differences,
): Promise<number> {
  const buckets = differing(compared.inRedis, compared.inMysql);
  let awaited = 0;
  for await (const suspects of matchTickets(system, eventId, buckets, compared.inRedis, compared.isCompared)) {
    awaited += await judgeTickets(system, eventId, suspects, known, differences);
  }
  return awaited;
}
