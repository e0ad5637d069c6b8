import { countOf, quoted } from '../../services/shared/basics/text.ts';
import type { EventPlan } from '../../services/shared/inventory/plan/event-file.ts';
import type { OpenOptions } from './open-command.ts';
import type { Organiser } from './organiser.ts';

/** Saves an event file as a draft, and shows what that changes. Throws if the event was opened before; then nothing was changed. */
export async function draftByFile(
  organiser: Organiser,
  plan: EventPlan,
  { dryRun, ifNew }: Pick<OpenOptions, 'dryRun' | 'ifNew'>,
  say: (line: string) => void,
): Promise<void> {
  const { eventId, zones } = plan.inventory;
  const planned = await organiser.saveDraft(plan, { isDryRun: true });
  const outcome = dryRun || (ifNew && planned.kind !== 'opened') ? planned : await organiser.saveDraft(plan, { isDryRun: false });
  if (outcome.kind === 'refused' && !ifNew) throw new Error(`Refused; nothing was changed: ${outcome.reason}.`);
  if (outcome.kind === 'refused' || (ifNew && outcome.kind !== 'opened')) {
    say(`${eventId} is already known; nothing was changed`);
    return;
  }
  say(`${eventId} ${quoted(plan.eventName)} at ${quoted(plan.venueName)}: ${countOf(zones.length, 'zone')}`);
  for (const change of outcome.changes) say(`  ${change}`);
  const done = {
    opened: 'saved as a draft, which buyers do not see',
    changed: 'changed; it is still a draft',
    unchanged: 'not changed',
  };
  say(dryRun ? `${eventId} would be ${done[outcome.kind]}; nothing was changed` : `${eventId} ${done[outcome.kind]}`);
}
