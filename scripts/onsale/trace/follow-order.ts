import { type FoundPublished, findPublished } from '../../../services/purchase/outbox/published.ts';
import { readDeadLetters } from '../dead-letters.ts';
import type { System } from '../system.ts';
import { type FoundEntry, findCancellations, findEntry } from './find-entries.ts';
import type { FoundOrder } from './find-order.ts';

/** How far one of an order's domain events is. Undefined is what is not known; `applied` is null where its time was not noted. */
export type FollowedEvent = {
  kind: 'sold' | 'cancelled';
  sequence: number;
  tickets: number;
  happenedMs: number;
  entry: FoundEntry | undefined;
  published: FoundPublished | undefined;
  appliedMs: number | null | undefined;
  /** Of one that SNS accepted and MySQL lacks, why it is a dead letter. */
  deadBecause: string | undefined;
};

type Happened = Pick<FollowedEvent, 'kind' | 'sequence' | 'tickets' | 'happenedMs'>;

/** Follows each of an order's domain events through outbox, queue and MySQL: its sale first, and then its cancellations. */
export async function followOrder(system: System, found: FoundOrder): Promise<FollowedEvent[]> {
  const events = [...saleOf(found), ...(await cancellationsOf(system, found))];
  return await Promise.all(events.map((happened) => follow(system, found, happened)));
}

function saleOf({ inRedis, inMysql }: FoundOrder): Happened[] {
  const [ticket] = inMysql;
  const sequence = inRedis?.order.sequence ?? ticket?.sequence;
  const happenedMs = inRedis?.soldMs ?? (ticket && Date.parse(ticket.createdOn));
  if (sequence === undefined || happenedMs === undefined) return [];
  return [{ kind: 'sold', sequence, tickets: inRedis?.order.tickets.length ?? inMysql.length, happenedMs }];
}

/** Those that MySQL has applied and, where Redis has cancelled more tickets than these, what the outbox knows of the others. */
async function cancellationsOf({ redis }: System, { orderId, eventId, inMysql, inRedis }: FoundOrder): Promise<Happened[]> {
  const cancelled = inMysql.filter(({ cancelledSequence }) => cancelledSequence !== null);
  const known = [...Map.groupBy(cancelled, ({ cancelledSequence }) => cancelledSequence ?? 0)].map(
    ([sequence, tickets]): Happened => ({
      ...{ kind: 'cancelled', sequence, tickets: tickets.length },
      happenedMs: tickets[0]?.cancelledMs ?? 0,
    }),
  );
  const inRedisAlone = (inRedis?.order.tickets.filter((ticket) => ticket.cancelled).length ?? 0) - cancelled.length;
  const records = await findCancellations(redis, eventId, {
    ...{ orderId, sinceMs: inRedis?.soldMs ?? 0, tickets: inRedisAlone },
    known: known.map(({ sequence }) => sequence),
  });
  const waiting = records.map(
    ({ sequence, timeMs, data }): Happened => ({
      ...{ kind: 'cancelled', sequence, happenedMs: timeMs },
      tickets: (JSON.parse(data) as { tickets: unknown[] }).tickets.length,
    }),
  );
  return [...known, ...waiting].toSorted((a, b) => a.sequence - b.sequence);
}

async function follow({ redis, messaging }: System, found: FoundOrder, happened: Happened): Promise<FollowedEvent> {
  const { eventId, applied } = found;
  const { sequence, happenedMs } = happened;
  const [entry, published] = await Promise.all([
    findEntry(redis, eventId, happened),
    findPublished(redis, eventId, sequence, happenedMs),
  ]);
  const appliedMs = applied.find((row) => row.sequence === sequence)?.appliedMs;
  const isOnItsWay = appliedMs === undefined && (published !== undefined || entry?.state.kind === 'acknowledged');
  const letters = isOnItsWay ? await readDeadLetters(messaging) : [];
  const letter = letters.find(({ events }) => events.some((one) => one.eventId === eventId && one.sequence === sequence));
  return { ...happened, entry, published, appliedMs, deadBecause: letter?.reason };
}
