import { type EventReport, totalOf, type ZoneReport } from '../../services/catalogue/reads/report-event.ts';
import { countOf, quoted } from '../../services/shared/basics/text.ts';
import { dateText } from '../../services/shared/inventory/plan/event-time.ts';
import { alignColumns } from '../terminal/align-columns.ts';
import { stateText } from './list-text.ts';

/** The report as text for a terminal. */
export function showText(report: EventReport, nowMs = Date.now()): string {
  const { eventId, name, venueId, venueName, currency, offSaleAt, startsAt, timeZone, state, inventory, projection } = report;
  const time = (at: string | null, before: string) =>
    at === null ? [] : [`${before} ${dateText(Date.parse(at), timeZone ?? 0)}`];
  const named = (id: string, text: string | null) => (text === null ? id : `${id} ${quoted(text)}`);
  return [
    `${named(eventId, name)} at ${named(venueId, venueName)}`,
    stateText(report, nowMs),
    ...(report.payment === 'required' ? ['buyers pay through checkout'] : []),
    ...time(state === 'archived' || state === 'closed' ? null : offSaleAt, 'on sale until'),
    ...time(startsAt, 'starts'),
    '',
    ...(inventory ? zoneLines(inventory.zones, report) : [`Redis has no inventory for ${eventId}`]),
    '',
    ...(inventory ? [`In Redis: up to domain event ${inventory.sequence}`] : []),
    projection
      ? `In MySQL: ${countOf(projection.tickets, 'ticket')}, ${projection.revenue} ${currency}`
      : `MySQL has no sales: ${state === 'draft' ? 'the event is a draft' : 'it does not have the event'}`,
  ].join('\n');
}

function zoneLines(zones: ZoneReport[], event: Pick<EventReport, 'categories' | 'currency'>): string[] {
  const numbers = ['capacity', 'sold', 'held', 'available', 'blocked'] as const;
  const rows = zones.map((zone) => [
    String(zone.zoneId),
    quoted(zone.name, 40),
    shapeOf(zone),
    ...numbers.map((of) => String(zone[of])),
    `${pricesOf(zone, event)} ${event.currency}`,
  ]);
  const totals = numbers.map((of) => String(totalOf(zones, of)));
  return alignColumns(
    [['zone', 'name', 'shape', ...numbers, 'price'], ...rows, ['total', '', '', ...totals, '']],
    [0, 3, 4, 5, 6, 7, 8],
  );
}

function shapeOf({ rows, columns, isHall }: ZoneReport): string {
  if (rows === null) return 'general admission';
  return isHall ? countOf(rows, 'row') : `${rows} × ${columns}`;
}

/** "100.00"; or "A 50.00, B 15.00–30.00", from the cheapest ticket type of a category to the dearest. */
function pricesOf({ price, categories: ofZone }: ZoneReport, { categories }: Pick<EventReport, 'categories'>): string {
  if (price !== null) return price;
  return categories
    .filter(({ categoryId }) => ofZone.includes(categoryId))
    .map(({ categoryId, prices }) => {
      const sorted = prices.map((each) => each.price).toSorted((a, b) => Number(a) - Number(b));
      return `${categoryId} ${[...new Set([sorted[0], sorted.at(-1)])].join('–')}`;
    })
    .join(', ');
}
