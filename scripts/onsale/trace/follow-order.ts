import { type FoundPublished, findPublished } from '../../../services/shared/events/published.ts';
import { readDeadLetters } from '../dead-letters.ts';
import type { System } from '../system.ts';
import { type FoundEntry, findEntry } from './find-entries.ts';
import type { FoundOrder } from './find-order.ts';

/** How far one of an order's domain events has got; undefined if not known. `appliedMs` is null if the time was not recorded. */
export type FollowedEvent = {
  kind: 'sold' | 'cancelled';
  sequence: number;
  tickets: number;
  happenedMs: number;
  /** Whether Redis keeps it with the order, even after it has left the outbox. */
  isKept: boolean;
  entry: FoundEntry | undefined;
  published: FoundPublished | undefined;
  appliedMs: number | null | undefined;
  /** The reason why it is a dead letter, if SNS accepted it and MySQL lacks it. */
  deadBecause: string | undefined;
};

type Happened = Pick<FollowedEvent, 'kind' | 'sequence' | 'tickets' | 'happenedMs' | 'isKept'>;

/** Follows each of an order's domain events through outbox, queue and MySQL: its sale first, and then its cancellations. */
export async function followOrder(system: System, found: FoundOrder): Promise<FollowedEvent[]> {
  const events = [...saleOf(found), ...cancellationsOf(found)];
  return await Promise.all(events.map((happened) => follow(system, found, happened)));
}

function saleOf({ inRedis, inMysql }: FoundOrder): Happened[] {
  const [ticket] = inMysql;
  const sequence = inRedis?.order.sequence ?? ticket?.sequence;
  const happenedMs = inRedis?.soldAtMs ?? (ticket && Date.parse(ticket.createdOn));
  if (sequence === undefined || happenedMs === undefined) return [];
  const tickets = inRedis?.order.tickets.length ?? inMysql.length;
  return [{ kind: 'sold', sequence, tickets, happenedMs, isKept: inRedis !== undefined }];
}

/** The cancellations that Redis keeps with the order, and those that only MySQL knows. */
function cancellationsOf({ inMysql, inRedis }: FoundOrder): Happened[] {
  const happened = new Map<number, Happened>();
  const add = (sequence: number, happenedMs: number, isKept: boolean) => {
    const known = happened.get(sequence);
    if (known) known.tickets++;
    else happened.set(sequence, { kind: 'cancelled', sequence, tickets: 1, happenedMs, isKept });
  };
  const kept = new Set<string>();
  for (const { ticketId, cancelled } of inRedis?.order.tickets ?? []) {
    if (typeof cancelled !== 'object') continue;
    kept.add(ticketId);
    add(cancelled.sequence, cancelled.timeMs, true);
  }
  for (const { ticketId, cancelledSequence, cancelledMs = 0 } of inMysql) {
    if (cancelledSequence !== null && !kept.has(ticketId)) add(cancelledSequence, cancelledMs, false);
  }
  return [...happened.values()].toSorted((a, b) => a.sequence - b.sequence);
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
  const letters = isOnItsWay ? (await readDeadLetters(messaging)).letters : [];
  const letter = letters.find(({ events }) => events.some((one) => one.eventId === eventId && one.sequence === sequence));
  return { ...happened, entry, published, appliedMs, deadBecause: letter?.reason };
}
