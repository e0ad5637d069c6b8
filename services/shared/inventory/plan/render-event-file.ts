import { formatMoney } from '../../terms/money.ts';
import { rowLabel } from '../../terms/row-label.ts';
import type { Category, PriceStep, Promotion } from '../offer.ts';
import type { SeatName, ZoneInventory } from '../zone-layout.ts';
import { compactLabels } from './compact-labels.ts';
import type { EventDocument, EventPlan } from './event-file.ts';
import { isoText } from './event-time.ts';
import { renderHall } from './render-hall.ts';

type ZoneEntry = EventDocument['zones'][number];

/**
 * Writes a plan as an event file: the reverse of parseEventFile. A file that a person wrote may be shorter, but says the same. For events
 * that were opened before their files were kept, and after changes that no file describes, such as blocked seats.
 */
export function renderEventFile(plan: EventPlan): EventDocument {
  const { eventId, organiserId, buyers, payment, venueId, currency, onSaleAtMs, offSaleAtMs } = plan.inventory;
  const { holdMs, ticketsPerBuyer, ticketsPerOrder, offer } = plan.inventory;
  const { timeZone } = plan;
  const time = (ms: number) => isoText(ms, timeZone ?? plan.offsetMinutes);
  const categories = (offer?.categories ?? []).map((category) => renderCategory(category, currency, time));
  const promotions = (offer?.promotions ?? []).map((promotion) => renderPromotion(promotion, currency, time));
  return {
    venue: { venueId, name: plan.venueName, ...(timeZone !== undefined && { timeZone }) },
    event: {
      eventId,
      name: plan.eventName,
      ...(organiserId !== undefined && { organiserId }),
      ...(buyers !== undefined && { buyers }),
      ...(payment !== undefined && { payment }),
      onSaleAt: time(onSaleAtMs),
      ...(offSaleAtMs !== undefined && { offSaleAt: time(offSaleAtMs) }),
      ...(plan.startsAtMs !== undefined && { startsAt: time(plan.startsAtMs) }),
      currency,
      holdSeconds: holdMs / 1_000,
      ...(ticketsPerBuyer !== undefined && { ticketsPerBuyer }),
      ...(ticketsPerOrder !== undefined && { ticketsPerOrder }),
    },
    ...(offer && offer.ticketTypes.length > 0 && { ticketTypes: offer.ticketTypes }),
    ...(categories.length > 0 && { categories }),
    ...(promotions.length > 0 && { promotions }),
    zones: joinRanges(plan.inventory.zones.map((zone) => renderZone(zone, plan))),
  };
}

type Time = (ms: number) => string;

function renderCategory({ categoryId, name, prices }: Category, currency: string, time: Time) {
  const priceOf = (steps: PriceStep[]) => {
    const [first, ...later] = steps.map(({ fromMs, minor }) => ({
      ...(fromMs !== 0 && { from: time(fromMs) }),
      price: formatMoney(minor, currency),
    }));
    return later.length === 0 ? (first?.price ?? '0') : [first, ...later].filter((step) => step !== undefined);
  };
  const { '': price, ...ofTypes } = prices;
  return {
    categoryId,
    name,
    ...(price && { price: priceOf(price) }),
    ...(Object.keys(ofTypes).length > 0 && {
      prices: Object.fromEntries(Object.entries(ofTypes).map(([typeId, steps]) => [typeId, priceOf(steps)])),
    }),
  };
}

function renderPromotion(promotion: Promotion, currency: string, time: Time) {
  const { promotionId, isAutomatic, amountMinor, priceMinor, tickets, fromMs, untilMs, ...rest } = promotion;
  return {
    ...(isAutomatic
      ? { first: tickets ?? 1, name: promotionId }
      : { code: promotionId, ...(tickets !== undefined && { tickets }) }),
    ...(amountMinor !== undefined && { amount: formatMoney(amountMinor, currency) }),
    ...(priceMinor !== undefined && { price: formatMoney(priceMinor, currency) }),
    ...(fromMs !== undefined && { from: time(fromMs) }),
    ...(untilMs !== undefined && { until: time(untilMs) }),
    ...rest,
  };
}

function renderZone(zone: ZoneInventory, plan: EventPlan): ZoneEntry {
  const { zoneId, grid, rows, capacity, priceMinor, categories = [], blocked = [] } = zone;
  const name = plan.zoneNames.get(zoneId) ?? '';
  const price = priceMinor !== undefined && { price: formatMoney(priceMinor, plan.inventory.currency) };
  const head = { zoneId, ...(name !== '' && name !== `Zone ${zoneId}` && { name }), ...price };
  if (rows && grid) return { ...head, ...renderHall({ grid, rows, categories, blocked }, plan.drawings?.get(zoneId)) };
  const [category] = categories;
  const ofCategory = category !== undefined && { category };
  if (!grid) return { ...head, ...ofCategory, capacity };
  const { focus } = grid;
  return {
    ...head,
    ...ofCategory,
    rows: grid.rows,
    columns: grid.columns,
    focus: { row: rowLabel(focus.row), column: focus.column },
    ...(blocked.length > 0 && { blocked: blockedByRow(blocked) }),
  };
}

const blockedByRow = (blocked: SeatName[]) =>
  Object.fromEntries(
    [...Map.groupBy(blocked, ({ row }) => row)].map(([row, seats]) => [
      row,
      compactLabels(seats.map(({ column }) => String(column)).toSorted((a, b) => Number(a) - Number(b))) ?? '',
    ]),
  );

/** Neighbours that differ only in their ids share an entry: an event may have thousands of equal zones. */
function joinRanges(zones: ZoneEntry[]): ZoneEntry[] {
  const joined: { entry: ZoneEntry; text: string }[] = [];
  for (const zone of zones.toSorted((a, b) => a.zoneId - b.zoneId)) {
    const { zoneId, ...content } = zone;
    const text = JSON.stringify(content);
    const last = joined.at(-1);
    const lastId = last && (last.entry.throughZoneId ?? last.entry.zoneId);
    if (last?.text === text && lastId === zoneId - 1) last.entry = { ...last.entry, throughZoneId: zoneId };
    else joined.push({ entry: zone, text });
  }
  return joined.map(({ entry }) => entry);
}
