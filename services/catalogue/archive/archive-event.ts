import { countOf, neverOpened } from '../../shared/basics/text.ts';
import { lockEvent, readEventState, writeEventState } from '../../shared/inventory/event-state.ts';
import { byCommand, touchEvent } from '../../shared/inventory/record-change.ts';
import { forgetEvent, removeInventory, removeKeys } from '../../shared/inventory/remove-event.ts';
import { readSaleState, setState } from '../../shared/inventory/set-state.ts';
import type { System } from '../system.ts';
import { countUnpublished } from '../verify/outbox.ts';
import { countRefunding, recordVerification } from '../verify/report.ts';
import { type defaultWaits, verifyEvent } from '../verify/verify-event.ts';

type Archiving = {
  system: System;
  eventId: string;
  say: (line: string) => void;
  waits?: typeof defaultWaits;
  /** Who archives it, for the audit log. */
  principal?: string;
};

/** An event may not be archived as it is; it stays as it was. */
export class ArchiveRefused extends Error {
  override readonly name = 'ArchiveRefused';
}

/**
 * The steps of archiving an event, in this order. After each of them the process may die: archiving it again does the rest. What was proven
 * cannot change between the first two: Redis archives only the sequence number that was proven, and decides nothing after that.
 */
export const archiveSteps = [proveAndFence, recordInMysql, takeInventory, takeKeys, takeOffLists] as const;

/**
 * Archives a closed event: proves that MySQL has all that Redis knows of it, then removes it from Redis for good. Its tickets stay readable.
 * Throws if the event is not closed, or is not proven; then it stays as it was.
 */
export async function archiveEvent(
  system: System,
  eventId: string,
  say: (line: string) => void,
  { waits, principal }: { waits?: typeof defaultWaits; principal?: string } = {},
): Promise<void> {
  for (const step of archiveSteps)
    await step({ system, eventId, say, ...(waits && { waits }), ...(principal !== undefined && { principal }) });
  say(`${eventId} is archived: Redis has nothing of it, and its tickets stay readable`);
}

async function proveAndFence({ system, eventId, say, waits }: Archiving): Promise<void> {
  const { db, redis } = system;
  const inMysql = await readEventState(db, eventId);
  if (inMysql === undefined) throw neverOpened(eventId);
  if (inMysql === 'draft')
    throw new ArchiveRefused(`Refused; nothing was changed. ${eventId} is a draft, which Redis does not know.`);
  const state = await readSaleState(redis, eventId);
  if (state === undefined) {
    // An earlier run got that far.
    if (inMysql === 'archived') return;
    throw refused(eventId, `Redis has lost its inventory. First: npm run onsale -- rebuild ${eventId}`);
  }
  if (state !== 'closed' && state !== 'archived') {
    throw refused(eventId, `it is not closed. First: npm run onsale -- close ${eventId}`);
  }
  const startedAt = new Date();
  const verification = await verifyEvent(system, eventId, say, waits);
  await recordVerification(db, startedAt, verification);
  const { count, held, inFlight, awaited, selling, payments, sequence, summary } = verification;
  say(summary);
  if (count > 0)
    throw refused(eventId, `verify finds ${countOf(count, 'difference')}. For details: npm run onsale -- verify ${eventId}`);
  if (held > 0)
    throw refused(eventId, `${countOf(held, 'ticket')} are still held. Wait until their holds are confirmed or expire.`);
  const { unfinished } = payments;
  if (unfinished > 0) throw refused(eventId, `it has ${countOf(unfinished, 'checkout')} in progress. Wait some minutes.`);
  const refunding = countRefunding(payments);
  if (refunding > 0) throw refused(eventId, `it has ${countOf(refunding, 'refund')} on the way. Wait until the money is back.`);
  const unpublished = await countUnpublished(redis, eventId);
  if (inFlight + awaited + selling + unpublished > 0)
    throw refused(eventId, 'domain events are still on their way. Wait a moment.');

  const outcome = await setState(redis, eventId, { state: 'archived', provenUpTo: sequence });
  if (outcome.kind !== 'changed' && outcome.kind !== 'unchanged') {
    throw refused(eventId, 'something changed while it was verified, such as a cancellation. Run this again.');
  }
}

async function recordInMysql({ system: { db }, eventId, principal = byCommand }: Archiving): Promise<void> {
  await db.transaction().execute(async (trx) => {
    const known = await lockEvent(trx, eventId);
    if (known?.state === 'archived') return;
    await writeEventState(trx, eventId, 'archived');
    await touchEvent(trx, eventId, { principal, action: 'archive', changes: [`state: ${known?.state} → archived`] });
  });
}

/** Redis can have lost the fence: in a failover, or by a rebuild that had begun before. */
async function takeInventory({ system: { redis }, eventId }: Archiving): Promise<void> {
  if (await removeInventory(redis, eventId)) return;
  throw new ArchiveRefused(
    `${eventId} changed in Redis after it was verified, by a failover or a rebuild. Nothing was removed: run this again.`,
  );
}

async function takeKeys({ system: { redis }, eventId }: Archiving): Promise<void> {
  await removeKeys(redis, eventId);
}

async function takeOffLists({ system: { redis }, eventId }: Archiving): Promise<void> {
  await forgetEvent(redis, eventId);
}

const refused = (eventId: string, why: string) => new ArchiveRefused(`Refused; ${eventId} was not archived: ${why}`);
