import { countOf, quoted } from '../../services/shared/basics/text.ts';
import type { EventPlan } from '../../services/shared/inventory/plan/event-file.ts';
import { describeOnSale } from '../../services/shared/inventory/plan/event-time.ts';
import type { Organiser } from './organiser.ts';

const maxChangesShown = 100;

export type OpenOptions = { dryRun?: true; ifNew?: true; yes?: true };

/**
 * Shows what an event file describes and what it would change, asks before it withdraws seats from a running sale, and opens the event.
 * Throws the reasons if that is refused. After a refusal, or if the answer is no, nothing was changed.
 */
export async function openByFile(
  organiser: Organiser,
  plan: EventPlan,
  { dryRun, ifNew, yes }: OpenOptions,
  {
    say,
    confirm,
    nowMs = Date.now(),
  }: { say: (line: string) => void; confirm: (question: string) => Promise<boolean>; nowMs?: number },
): Promise<void> {
  const { eventName, venueName, inventory, offsetMinutes } = plan;
  const { eventId, venueId, onSaleAtMs, zones } = inventory;
  const seats = zones.reduce((sum, { capacity }) => sum + capacity, 0);
  say(
    `${eventId} ${quoted(eventName)} at ${venueId} ${quoted(venueName)}: ${countOf(zones.length, 'zone')}, ${countOf(seats, 'seat')}`,
  );
  say(`  ${describeOnSale(onSaleAtMs, nowMs, plan.timeZone ?? offsetMinutes)}`);
  if (ifNew && (await organiser.isOpen(eventId))) {
    say(`${eventId} is already open; nothing was changed`);
    return;
  }
  const opening = await organiser.planOpening(plan, nowMs);
  if (opening.kind === 'refused') throw refused(opening.reasons);
  const { kind, changes, takes, revision } = opening;
  for (const change of changes.slice(0, maxChangesShown)) say(`  ${change}`);
  if (changes.length > maxChangesShown) say(`  … and ${changes.length - maxChangesShown} more changes`);
  const taking = `The event is on sale. This withdraws ${takes.join(', and ')}.`;
  if (dryRun) {
    if (takes.length > 0) say(`  ${taking} You must confirm it at the terminal or with --yes.`);
    say(kind === 'unchanged' ? `${eventId} would not change` : `${eventId} would be ${kind}; nothing was changed`);
    return;
  }
  if (takes.length > 0 && !yes && !(await confirm(`${taking} Continue?`))) {
    say(`${eventId} was not changed`);
    return;
  }
  const outcome = await organiser.open(plan, revision);
  if (outcome.kind === 'refused') throw refused(outcome.reasons);
  say(`${eventId} ${outcome.kind}`);
}

const refused = (reasons: string[]) =>
  new Error(`Refused; nothing was changed:\n${reasons.map((reason) => `  ${reason}`).join('\n')}`);
