import type { Kysely } from 'kysely';
import { Value } from 'typebox/value';
import { type Fault, listFaults } from '../../shared/basics/faults.ts';
import { type EventDocument, EventFile } from '../../shared/inventory/plan/event-file.ts';
import { startReading } from '../../shared/inventory/plan/reading.ts';
import { readZones } from '../../shared/inventory/plan/zone-file.ts';
import type { Schema } from '../../shared/stores/schema.ts';
import { readRecord } from './records.ts';

/** The zones of a hall, or undefined if its organiser has none of this id. */
export async function readZonesOfHall(
  db: Kysely<Schema>,
  organiserId: string,
  id: string,
): Promise<EventDocument['zones'] | undefined> {
  const zones = (await readRecord(db, { subject: 'hall', organiserId, id }))?.fields.zones;
  return zones ? (JSON.parse(zones) as EventDocument['zones']) : undefined;
}

/**
 * The faults of a hall's zones: those that an event's zones can have, whatever its categories and its currency. Prices are only checked
 * when an event uses the hall.
 */
export function faultsOfZones(zones: unknown): Fault[] {
  const schema = EventFile.properties.zones;
  const faults = Value.Check(schema, zones) ? [] : listFaults(Value.Errors(schema, zones)).map(inZones);
  readZones(
    zones,
    categoriesIn(zones),
    startReading(faults, undefined, () => ({ ms: 0 })),
  );
  return faults;
}

const inZones = ({ pointer, detail }: Fault): Fault => ({ pointer: `/zones${pointer}`, detail });

/** Every category that a zone or a row names. */
function categoriesIn(zones: unknown): string[] {
  const entries = (list: unknown) => (Array.isArray(list) ? list.map((entry) => Object(entry) as Record<string, unknown>) : []);
  const named = entries(zones).flatMap(({ category, rows }) => [
    category,
    ...entries(rows).flatMap((row) => [row.category, ...Object.keys(Object(row.categories) as object)]),
  ]);
  return [...new Set(named.filter((category) => typeof category === 'string'))];
}
