import type { Fault } from '../../shared/basics/faults.ts';
import { type EventDocument, type EventPlan, readEventFile } from '../../shared/inventory/plan/event-file.ts';
import type { Database } from '../../shared/stores/database.ts';
import { readZonesOfHall } from './halls.ts';

type Body = Record<string, unknown>;

/** The organiser that a body names, if any: what its sender may do for it must be checked before the body is read with its halls. */
export function organiserIn({ event }: Body): string | undefined {
  const { organiserId } = Object(event) as Body;
  return typeof organiserId === 'string' ? organiserId : undefined;
}

/** The zones of one of an organiser's halls; undefined if it has no hall of this id. */
export type ReadZones = (hallId: string) => Promise<EventDocument['zones'] | undefined>;

/**
 * Reads an event file that was parsed as JSON. It may name one of its organiser's halls instead of zones, whose zones are then copied: later
 * changes of the hall are none of the event. Returns every fault with its place in the file.
 */
export async function readWrittenFile(written: Body, readZones: ReadZones): Promise<{ plan: EventPlan } | { faults: Fault[] }> {
  const { hall, ...file } = written;
  if (hall === undefined) return readEventFile(file);
  const ofHall: Fault[] = [];
  if (file.zones !== undefined) ofHall.push({ pointer: '/hall', detail: 'cannot be beside zones' });
  const zones = typeof hall === 'string' ? await readZones(hall) : undefined;
  if (!zones) ofHall.push({ pointer: '/hall', detail: "must be the id of one of the organiser's halls" });
  const read = readEventFile({ ...file, zones: zones ?? file.zones });
  if (ofHall.length === 0) return read;
  // Zones that would come from a hall are not missing.
  const others = 'faults' in read ? read.faults.filter(({ pointer }) => pointer !== '/zones') : [];
  return { faults: [...ofHall, ...others] };
}

/** Reads the body of a change, which is an event file, for this event and organiser. Returns every fault with its place in the body. */
export async function readEventBody(
  db: Database,
  body: Body,
  { eventId, organiserId }: { eventId: string; organiserId: string },
): Promise<{ plan: EventPlan } | { faults: Fault[] }> {
  const event = Object(body.event) as Body;
  const isUnnamed = isObject(body.event) && event.organiserId === undefined;
  const file = isUnnamed ? { ...body, event: { ...event, organiserId } } : body;
  const read = await readWrittenFile(file, (hallId) => readZonesOfHall(db, organiserId, hallId));
  if (event.eventId === undefined || event.eventId === eventId) return read;
  const fault = { pointer: '/event/eventId', detail: `must be ${eventId}, as in the path` };
  return { faults: [fault, ...('faults' in read ? read.faults : [])] };
}

const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null && !Array.isArray(value);
