import { validate } from 'uuid';
import { seatText } from '../../../services/catalogue/verify/short-seat.ts';
import { countOf, delayText, timeText } from '../../../services/shared/basics/text.ts';
import { statusOf } from '../../../services/shared/inventory/order.ts';
import { contextOf, isSampled } from '../../../services/shared/telemetry/traceparent.ts';
import type { SeatLabel } from '../../../services/shared/terms/seat-label.ts';
import { alignColumns } from '../../terminal/align-columns.ts';
import type { System } from '../system.ts';
import { type FoundOrder, findOrder } from './find-order.ts';
import { type FollowedEvent, followOrder } from './follow-order.ts';

/**
 * An order's whole path as text: when it was drafted, sold, published, applied and cancelled, with each step's delay since the one
 * before (a cancellation's since the sale or cancellation before); where it waits, if it does; and its tickets. Undefined if no store
 * knows the order.
 */
export async function traceOrder(system: System, orderId: string, nowMs = Date.now()): Promise<string | undefined> {
  const found = validate(orderId) ? await findOrder(system, orderId.toLowerCase()) : undefined;
  if (!found) return undefined;
  const events = await followOrder(system, found);
  return [
    headerLine(found),
    '',
    ...stepLines(found, events, nowMs),
    '',
    ...ticketLines(found),
    '',
    "Times are UTC, each by the clock of its step: purchase's for drafted, MySQL's for applied, Redis' for the others.",
  ].join('\n');
}

function headerLine({ orderId, eventId, buyerId, inRedis, inMysql }: FoundOrder): string {
  const venueId = inRedis?.order.venueId ?? inMysql[0]?.venueId;
  const where = venueId === undefined ? eventId : `${eventId} at ${venueId}`;
  return `Order ${orderId}, ${where}${buyerId === undefined ? '' : `, buyer ${buyerId}`}`;
}

type Step = { name: string; atMs?: number | undefined; what: string };

function stepLines({ orderId, eventId }: FoundOrder, events: FollowedEvent[], nowMs: number): string[] {
  const draftedAtMs = draftedMs(orderId);
  const drafted = ['drafted', timeText(draftedAtMs), '', 'the order got its id'];
  const rows = events.flatMap((event, at) => {
    // A buyer may cancel while the sale is still on its way, so a cancellation counts from what happened before it.
    let beforeMs = events[at - 1]?.happenedMs ?? draftedAtMs;
    return stepsOf(eventId, event, nowMs).map(({ name, atMs, what }) => {
      if (atMs === undefined) return [name, '', '', what];
      const delay = delayText(atMs - beforeMs);
      beforeMs = atMs;
      return [name, timeText(atMs), delay, what];
    });
  });
  return alignColumns([['step', 'time', 'after', ''], drafted, ...rows], [2]);
}

function stepsOf(eventId: string, event: FollowedEvent, nowMs: number): Step[] {
  const { kind, sequence, tickets, happenedMs, entry, published, appliedMs } = event;
  return [
    {
      name: kind,
      atMs: happenedMs,
      what: `domain event ${sequence} for ${countOf(tickets, 'ticket')}${inTrace(entry?.record.traceparent)}`,
    },
    entry
      ? { name: 'outbox', atMs: entry.atMs, what: `entry ${entry.id}${withOthers(entry.events)}` }
      : { name: 'outbox', what: 'no longer has it' },
    ...(published
      ? [{ name: 'published', atMs: published.atMs, what: `SNS message ${published.messageId}${withOthers(published.events)}` }]
      : []),
    ...(!published && entry?.state.kind === 'acknowledged'
      ? [{ name: 'published', what: 'SNS accepted it; the time was not recorded' }]
      : []),
    ...(appliedMs === undefined
      ? [
          {
            name: 'WAITS',
            what: `${whereIt(eventId, event)}, for ${delayText(nowMs - (published?.atMs ?? happenedMs)).slice(1)}`,
          },
        ]
      : [
          {
            name: 'applied',
            atMs: appliedMs ?? undefined,
            what: appliedMs === null ? 'to MySQL; the time was not recorded' : 'to MySQL',
          },
        ]),
  ];
}

/** The place of a domain event that MySQL has not applied. */
function whereIt(eventId: string, { entry, published, deadBecause, isKept }: FollowedEvent): string {
  if (deadBecause !== undefined) return `in the dead-letter queue (npm run onsale -- redrive): ${deadBecause}`;
  if (published || entry?.state.kind === 'acknowledged') {
    return `in the queue or with a worker; if both are idle, it was lost (npm run onsale -- replay ${eventId})`;
  }
  if (entry?.state.kind === 'unread') return 'in the outbox: no relay has read it';
  if (entry?.state.kind === 'taken') {
    return `in the outbox: relay ${entry.state.by} took it ${delayText(entry.state.agoMs).slice(1)} ago, and SNS has not accepted it`;
  }
  if (isKept) return `only with the order in Redis, because the outbox no longer has it (npm run onsale -- replay ${eventId})`;
  return 'in vain: neither the outbox nor MySQL has it';
}

function inTrace(traceparent: string | undefined): string {
  const trace = contextOf(traceparent);
  return trace ? `, in ${isSampled(traceparent) ? 'trace' : 'unsampled trace'} ${trace.traceId}` : '';
}

const withOthers = (events: number) => (events === 1 ? '' : `, with ${events - 1} ${events === 2 ? 'other' : 'others'}`);

/** A UUIDv7 begins with the time at which it was made. */
const draftedMs = (orderId: string) => Number.parseInt(orderId.replaceAll('-', '').slice(0, 12), 16);

function ticketLines({ inRedis, inMysql }: FoundOrder): string[] {
  const rows = new Map<string, { seat: string; redis: string; mysql: string }>();
  for (const ticket of inRedis?.order.tickets ?? []) {
    const { ticketId, zoneId, row, column } = ticket;
    rows.set(ticketId, { seat: placeText(zoneId, row, column), redis: statusOf(ticket), mysql: '-' });
  }
  for (const { ticketId, zoneId, row, column, status } of inMysql) {
    const { redis = '-' } = rows.get(ticketId) ?? {};
    rows.set(ticketId, { seat: placeText(zoneId, row, column), redis, mysql: status });
  }
  const lines = [...rows].map(([ticketId, { seat, redis, mysql }]) => [ticketId, seat, redis, mysql]);
  return alignColumns([['ticket', 'seat', 'in Redis', 'in MySQL'], ...lines]);
}

const placeText = (zoneId: number, row?: string | null, column?: SeatLabel | null) =>
  row ? `zone ${zoneId}, ${seatText(row, column)}` : `zone ${zoneId}`;
