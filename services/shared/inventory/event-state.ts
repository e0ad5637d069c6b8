import type { Kysely } from 'kysely';
import type { EventState, Schema } from '../stores/schema.ts';

/** An event's state in MySQL, or undefined if there is no such event. */
export async function readEventState(db: Kysely<Schema>, eventId: string): Promise<EventState | undefined> {
  const event = await db.selectFrom('events').select('state').where('event_id', '=', eventId).executeTakeFirst();
  return event?.state;
}

/** An event has another version than the one that a change was meant for: somebody else changed it meanwhile. Nothing was changed. */
export class VersionConflict extends Error {
  constructor(eventId: string) {
    super(`${eventId} was changed meanwhile; nothing was changed`);
    this.name = 'VersionConflict';
  }
}

/**
 * An event's state and version in MySQL, which nobody else can change until the transaction ends. Undefined for an unknown event. Throws a
 * VersionConflict, which ends the transaction, if the event has another version than `expected`; 0 is that of an event which is new.
 */
export async function lockEvent(
  trx: Kysely<Schema>,
  eventId: string,
  expected?: number,
): Promise<{ state: EventState; version: number } | undefined> {
  const event = await trx
    .selectFrom('events')
    .select(['state', 'version'])
    .where('event_id', '=', eventId)
    .forUpdate()
    .executeTakeFirst();
  if (event && expected !== undefined && event.version !== expected) throw new VersionConflict(eventId);
  return event;
}

export async function writeEventState(db: Kysely<Schema>, eventId: string, state: EventState): Promise<void> {
  await db.updateTable('events').set({ state }).where('event_id', '=', eventId).execute();
}
