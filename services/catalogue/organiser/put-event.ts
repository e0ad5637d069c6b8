import { openEvent, planOpening } from '../../shared/inventory/open-event.ts';
import type { EventPlan } from '../../shared/inventory/plan/event-file.ts';
import { saveDraft } from '../../shared/inventory/save-draft.ts';
import type { Stores } from '../system.ts';

/** How a change is done. `expected`: the version that it is meant for (event-state.ts). */
export type Manner = { principal: string; expected: number | undefined };

/**
 * `withdraws`: the change takes from a running sale what buyers can buy now, and that was not agreed to. `refused`: the event's state,
 * or tickets sold or held, do not allow the change.
 */
type Put =
  | { kind: 'opened' | 'changed' | 'unchanged'; changes: string[]; takes: string[] }
  | { kind: 'withdraws'; takes: string[] }
  | { kind: 'refused'; reasons: string[] };

/**
 * Brings an event to a plan. A new event, or a draft, is a draft afterwards, unless it is to be published; any other is changed as
 * openEvent does. With `isDryRun`, changes nothing and returns what the outcome would be. Throws a VersionConflict as openEvent does.
 */
export async function putEvent(
  { db, redis }: Stores,
  plan: EventPlan,
  of: Manner & { isDraft: boolean; isDryRun: boolean; mayWithdraw: boolean },
): Promise<Put> {
  const { principal, expected, isDraft, isDryRun, mayWithdraw } = of;
  if (isDraft) {
    const drafted = await saveDraft(db, redis, plan, { principal, expected, isDryRun });
    return drafted.kind === 'refused' ? { kind: 'refused', reasons: [drafted.reason] } : { ...drafted, takes: [] };
  }
  const opening = await planOpening(db, redis, plan);
  if (opening.kind === 'refused') return opening;
  const { kind, changes, takes, revision } = opening;
  if (isDryRun) return { kind, changes, takes };
  if (takes.length > 0 && !mayWithdraw) return { kind: 'withdraws', takes };
  const outcome = await openEvent(db, redis, plan, { seen: revision, principal, expected });
  return outcome.kind === 'refused' ? outcome : { kind: outcome.kind, changes, takes };
}
