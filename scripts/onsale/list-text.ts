import type { ListedEvent } from '../../services/catalogue/reads/list-events.ts';
import { quoted } from '../../services/shared/basics/text.ts';
import { dateText, describeOnSale } from '../../services/shared/inventory/plan/event-time.ts';
import { alignColumns } from '../terminal/align-columns.ts';

const maxNameShown = 40;

/** Describes a state and, if the event cannot be bought, what to do about it. */
export function stateText(
  {
    state,
    eventId,
    onSaleAt,
    offSaleAt,
    timeZone,
  }: Pick<ListedEvent, 'state' | 'eventId' | 'onSaleAt' | 'offSaleAt' | 'timeZone'>,
  nowMs: number,
): string {
  const zone = timeZone ?? 0;
  const offSaleAtMs = offSaleAt === null ? Number.POSITIVE_INFINITY : Date.parse(offSaleAt);
  switch (state) {
    case 'draft':
      return `a draft: buyers do not see it; would open ${dateText(Date.parse(onSaleAt), zone)}`;
    case 'paused':
      return `PAUSED; to go on: npm run onsale -- resume ${eventId}`;
    case 'closed':
      return offSaleAtMs <= nowMs ? `closed since ${dateText(offSaleAtMs, zone)}` : 'closed';
    case 'archived':
      return 'archived';
    case 'unavailable':
      return `NOT ON SALE: Redis may have lost sales; for details: npm run onsale -- verify ${eventId}`;
    case 'sold-out':
      return 'sold out';
    case 'scheduled':
    case 'on-sale':
      return describeOnSale(Date.parse(onSaleAt), nowMs, zone);
    default:
      return state satisfies never;
  }
}

/** The events as a table for a terminal. */
export function listText(events: ListedEvent[], nowMs = Date.now()): string {
  if (events.length === 0) return 'No event has been opened yet. To open one: npm run onsale -- open scripts/demo/event1.json';
  const rows = events.map((event) => [
    event.eventId,
    quoted(event.name, maxNameShown),
    event.venueId,
    `${event.sold.toLocaleString('en-US')} of ${(event.capacity - event.blocked).toLocaleString('en-US')}`,
    stateText(event, nowMs),
  ]);
  return alignColumns([['event', 'name', 'venue', 'sold', 'state'], ...rows], [3]).join('\n');
}
