import { countOf, quoted } from '../../basics/text.ts';
import { mainOrganiser } from '../../terms/identifiers.ts';
import { compareOffers } from './compare-offers.ts';
import { compareZones, lostOf, shapeOf } from './compare-zones.ts';
import type { EventPlan } from './event-file.ts';
import { dateText } from './event-time.ts';
import { linesBySubject, priceOf } from './plan-text.ts';

/** The differences between two plans of an event: a line for each field, and how many seats of the first plan the second lacks. */
export type Comparison = { changes: string[]; seatsLost: number };

/** Compares two plans of one event, field by field; zones with the same change share a line. */
export function comparePlans(before: EventPlan, after: EventPlan): Comparison {
  const changes: string[] = [];
  const compare = (field: string, old: string, now: string) => {
    if (old !== now) changes.push(`${field}: ${old} → ${now}`);
  };
  const [old, now] = [before.inventory, after.inventory];
  const timeText = (ms: number) => dateText(ms, after.timeZone ?? after.offsetMinutes);
  // Two moments within a second look the same.
  const compareTimes = (field: string, oldMs: number | undefined, nowMs: number | undefined, none: string) => {
    if (oldMs !== nowMs)
      compare(field, oldMs === undefined ? none : timeText(oldMs), nowMs === undefined ? none : timeText(nowMs));
  };
  compare('name', quoted(before.eventName), quoted(after.eventName));
  compare('organiser', old.organiserId ?? mainOrganiser, now.organiserId ?? mainOrganiser);
  compare('buyers', old.buyers ?? 'anyone', now.buyers ?? 'anyone');
  compare('payment', old.payment ?? 'none', now.payment ?? 'none');
  compare('venue', old.venueId, now.venueId);
  compare('venue name', quoted(before.venueName), quoted(after.venueName));
  compare('time zone', before.timeZone ?? 'none', after.timeZone ?? 'none');
  compare('currency', old.currency, now.currency);
  compareTimes('on sale from', old.onSaleAtMs, now.onSaleAtMs, 'never');
  compareTimes('on sale until', old.offSaleAtMs, now.offSaleAtMs, 'for ever');
  compareTimes('begins', before.startsAtMs, after.startsAtMs, 'unknown');
  compare('holds last', `${old.holdMs / 1_000} s`, `${now.holdMs / 1_000} s`);
  compare('tickets per buyer', String(old.ticketsPerBuyer ?? 'any number'), String(now.ticketsPerBuyer ?? 'any number'));
  compare('tickets per order', String(old.ticketsPerOrder ?? 'the default'), String(now.ticketsPerOrder ?? 'the default'));
  changes.push(
    ...compareOffers({ offer: old.offer, currency: old.currency }, { offer: now.offer, currency: now.currency }, timeText),
  );

  const oldZones = new Map(old.zones.map((zone) => [zone.zoneId, zone]));
  const newZones = new Map(now.zones.map((zone) => [zone.zoneId, zone]));
  const notes: { subject: number; text: string }[] = [];
  const note = (subject: number, text: string) => void notes.push({ subject, text });
  let seatsLost = 0;
  for (const [zoneId, zone] of oldZones) {
    const other = newZones.get(zoneId);
    if (!other) {
      note(zoneId, `removed (${countOf(zone.capacity, 'seat')})`);
      seatsLost += zone.capacity;
      continue;
    }
    const oldZone = { zone, currency: old.currency, drawing: before.drawings?.get(zoneId) };
    const newZone = { zone: other, currency: now.currency, drawing: after.drawings?.get(zoneId) };
    for (const text of compareZones(oldZone, newZone)) note(zoneId, text);
    const [oldName = '', newName = ''] = [before.zoneNames.get(zoneId), after.zoneNames.get(zoneId)];
    if (oldName !== newName) note(zoneId, `name: ${quoted(oldName)} → ${quoted(newName)}`);
    seatsLost += lostOf(zone, other);
  }
  for (const [zoneId, zone] of newZones) {
    if (!oldZones.has(zoneId)) note(zoneId, `added: ${shapeOf(zone)} at ${priceOf(zone, now.currency)}`);
  }
  changes.push(...linesBySubject(notes));
  return { changes, seatsLost };
}
