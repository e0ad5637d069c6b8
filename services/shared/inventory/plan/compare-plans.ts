import { getOrInsertComputed } from '../../basics/get-or-insert.ts';
import { listRanges, rangesOf } from '../../basics/ranges.ts';
import { countOf, quoted } from '../../basics/text.ts';
import { formatMoney } from '../../terms/money.ts';
import { rowLabel } from '../../terms/row-label.ts';
import type { ZoneInventory } from '../zone-layout.ts';
import type { EventPlan } from './event-file.ts';
import { dateText } from './on-sale-time.ts';

/** The differences between two plans of an event: a line for each field, and how many seats of the first plan the second lacks. */
export type Comparison = { changes: string[]; seatsLost: number };

/** Compares two plans of one event, field by field; zones with the same change share a line. */
export function comparePlans(before: EventPlan, after: EventPlan): Comparison {
  const changes: string[] = [];
  const compare = (field: string, old: string, now: string) => {
    if (old !== now) changes.push(`${field}: ${old} → ${now}`);
  };
  const [old, now] = [before.inventory, after.inventory];
  compare('name', quoted(before.eventName), quoted(after.eventName));
  compare('venue', old.venueId, now.venueId);
  compare('venue name', quoted(before.venueName), quoted(after.venueName));
  compare('currency', old.currency, now.currency);
  if (old.onSaleAtMs !== now.onSaleAtMs) {
    const timeOf = (ms: number) => dateText(ms, after.offsetMinutes);
    compare('on sale from', timeOf(old.onSaleAtMs), timeOf(now.onSaleAtMs));
  }
  compare('holds last', `${old.holdMs / 1_000} s`, `${now.holdMs / 1_000} s`);
  compare('tickets per buyer', String(old.ticketsPerBuyer ?? 'any number'), String(now.ticketsPerBuyer ?? 'any number'));

  const oldZones = new Map(old.zones.map((zone) => [zone.zoneId, zone]));
  const newZones = new Map(now.zones.map((zone) => [zone.zoneId, zone]));
  const zonesBy = new Map<string, number[]>();
  const note = (zoneId: number, text: string) => void getOrInsertComputed(zonesBy, text, () => []).push(zoneId);
  let seatsLost = 0;
  for (const [zoneId, zone] of oldZones) {
    const other = newZones.get(zoneId);
    if (!other) {
      note(zoneId, `removed (${countOf(zone.capacity, 'seat')})`);
      seatsLost += zone.capacity;
      continue;
    }
    for (const text of zoneChanges(zone, other, old.currency, now.currency)) note(zoneId, text);
    const [oldName = '', newName = ''] = [before.zoneNames.get(zoneId), after.zoneNames.get(zoneId)];
    if (oldName !== newName) note(zoneId, `name: ${quoted(oldName)} → ${quoted(newName)}`);
    seatsLost += lostOf(zone, other);
  }
  for (const [zoneId, zone] of newZones) {
    if (!oldZones.has(zoneId)) note(zoneId, `added: ${shape(zone)} at ${price(zone, now.currency)}`);
  }
  for (const [text, zoneIds] of zonesBy) {
    changes.push(`${zoneIds.length === 1 ? 'zone' : 'zones'} ${listRanges(rangesOf(zoneIds))} ${text}`);
  }
  return { changes, seatsLost };
}

function zoneChanges(old: ZoneInventory, now: ZoneInventory, oldCurrency: string, newCurrency: string): string[] {
  const changes: string[] = [];
  if (shape(old) !== shape(now)) changes.push(`seats: ${shape(old)} → ${shape(now)}`);
  else if (focus(old) !== focus(now)) changes.push(`best seats are near: ${focus(old)} → ${focus(now)}`);
  if (price(old, oldCurrency) !== price(now, newCurrency)) {
    changes.push(`price: ${price(old, oldCurrency)} → ${price(now, newCurrency)}`);
  }
  return changes;
}

const shape = ({ grid, capacity }: ZoneInventory) => (grid ? `${grid.rows} × ${grid.columns}` : `general admission, ${capacity}`);

const focus = ({ grid }: ZoneInventory) => (grid ? `row ${rowLabel(grid.focus.row)}, column ${grid.focus.column}` : 'nothing');

const price = ({ priceMinor }: ZoneInventory, currency: string) => `${formatMoney(priceMinor, currency)} ${currency}`;

/** How many of a zone's seats disappear. Seats that are added elsewhere in the zone do not make up for them. */
function lostOf({ grid, capacity }: ZoneInventory, now: ZoneInventory): number {
  if (!grid && !now.grid) return Math.max(0, capacity - now.capacity);
  if (!grid || !now.grid) return capacity;
  return capacity - Math.min(grid.rows, now.grid.rows) * Math.min(grid.columns, now.grid.columns);
}
