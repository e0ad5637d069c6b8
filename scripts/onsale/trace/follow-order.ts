import { readDeadLetters } from '../../../services/catalogue/verify/dead-letters.ts';
import { type FoundPublished, findPublished } from '../../../services/shared/events/published.ts';
import type { System } from '../system.ts';
import { type FoundEntry, findEntry } from './find-entries.ts';
import type { FoundOrder } from './find-order.ts';

/** How far one of an order's domain events has got; undefined if not known. `appliedMs` is null if the time was not recorded. */
export type FollowedEvent = {
  kind: 'sold' | 'cancelled' | 'exchanged';
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

/** Follows each of an order's domain events through outbox, queue and MySQL: its sale first, then its cancellations and exchanges. */
export async function followOrder(system: System, found: FoundOrder): Promise<FollowedEvent[]> {
  const events = [...saleOf(found), ...endsOf(found)];
  return await Promise.all(events.map((happened) => follow(system, found, happened)));
}

function saleOf({ inRedis, inMysql }: FoundOrder): Happened[] {
  const [ticket] = inMysql.toSorted((a, b) => a.sequence - b.sequence);
  const sequence = inRedis?.order.sequence ?? ticket?.sequence;
  const happenedMs = inRedis?.soldAtMs ?? (ticket && Date.parse(ticket.createdOn));
  if (sequence === undefined || happenedMs === undefined) return [];
  const sold = inRedis?.order.tickets.filter((one) => !one.sold) ?? inMysql.filter((one) => one.sequence === sequence);
  return [{ kind: 'sold', sequence, tickets: sold.length, happenedMs, isKept: inRedis !== undefined }];
}

/** The cancellations and exchanges that Redis keeps with the order, and those that only MySQL knows. */
function endsOf({ inMysql, inRedis }: FoundOrder): Happened[] {
  const happened = new Map<number, Happened>();
  const add = (sequence: number, end: Pick<Happened, 'kind' | 'happenedMs' | 'isKept'>) => {
    const known = happened.get(sequence);
    if (known) known.tickets++;
    else happened.set(sequence, { sequence, tickets: 1, ...end });
  };
  const kindOf = ({ exchangedFor }: { exchangedFor?: string | null | undefined }) => (exchangedFor ? 'exchanged' : 'cancelled');
  const kept = new Set<string>();
  for (const ticket of inRedis?.order.tickets ?? []) {
    const { ticketId, cancelled } = ticket;
    if (typeof cancelled !== 'object') continue;
    kept.add(ticketId);
    add(cancelled.sequence, { kind: kindOf(ticket), happenedMs: cancelled.timeMs, isKept: true });
  }
  for (const ticket of inMysql) {
    const { ticketId, cancelledSequence, cancelledMs = 0 } = ticket;
    if (cancelledSequence === null || kept.has(ticketId)) continue;
    add(cancelledSequence, { kind: kindOf(ticket), happenedMs: cancelledMs, isKept: false });
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
