import { neverOpened } from '../../../services/shared/basics/text.ts';
import { changeSaleState } from '../../../services/shared/inventory/change-sale-state.ts';
import type { WantedState } from '../../../services/shared/inventory/set-state.ts';
import type { EventState } from '../../../services/shared/stores/schema.ts';
import type { System } from '../system.ts';

export type StateChange = Exclude<WantedState, { state: 'archived' }>;

/**
 * Pauses, resumes or closes an event, in Redis and in MySQL. Run again after a crash in between, it repairs MySQL. Returns what happened,
 * in a line. Throws if the event's state does not allow it.
 */
export async function changeState(
  stores: Pick<System, 'db' | 'redis'>,
  eventId: string,
  wanted: StateChange,
  principal?: string,
): Promise<string> {
  const outcome = await changeSaleState(stores, eventId, wanted, { principal });
  switch (outcome.kind) {
    case 'noInventory':
      throw withoutInventory(eventId, outcome.inMysql);
    case 'refused':
      throw new Error(`Refused; nothing was changed. ${eventId} is ${outcome.state}${forever[outcome.state] ?? ''}.`);
    default:
      return stateChangedText(eventId, outcome.kind, wanted);
  }
}

export const stateChangedText = (eventId: string, kind: 'changed' | 'unchanged', wanted: StateChange) =>
  `${eventId} ${kind === 'changed' ? 'is now' : 'was already'} ${describe(wanted)}`;

const forever: Partial<Record<string, string>> = {
  closed: ', which is for good',
  archived: ', which is for good',
};

function describe(wanted: StateChange): string {
  switch (wanted.state) {
    case 'published':
      return 'on sale as its times say: not paused';
    case 'closed':
      return 'closed: nothing new is sold or held, for good; tickets can be cancelled';
    case 'paused': {
      const holds = wanted.confirmWhilePaused ? 'holds can be confirmed' : 'not even holds can be confirmed';
      return `paused: nothing new is sold or held, ${holds}, and tickets can be cancelled`;
    }
    default:
      return wanted satisfies never;
  }
}

/** Why an event without an inventory has no state to change. */
function withoutInventory(eventId: string, state: EventState | undefined): Error {
  if (state === undefined) return neverOpened(eventId);
  if (state === 'draft') return new Error(`${eventId} is a draft. To publish it: npm run onsale -- open <file>`);
  if (state === 'archived') return new Error(`${eventId} is archived, which is for good.`);
  return new Error(`Redis has lost the inventory of ${eventId}, so nothing is sold. First: npm run onsale -- rebuild ${eventId}`);
}
