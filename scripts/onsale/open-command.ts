import { readInventory } from '../../services/purchase/seats/inventory.ts';
import type { EventPlan } from './event-file.ts';
import { describeOnSale } from './on-sale-time.ts';
import { openEvent, planOpening } from './open-event.ts';
import type { System } from './system.ts';
import { countOf, quoted } from './text.ts';

const maxChangesShown = 100;

export type OpenOptions = { dryRun?: true; ifNew?: true; yes?: true };

/**
 * Shows what an event file means and what it would change, asks before it takes seats from a sale that is on, and opens the event.
 * Throws what is in the way; then, and where the answer is no, nothing was changed.
 */
export async function openByFile(
  { db, redis }: Pick<System, 'db' | 'redis'>,
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
  say(`  ${describeOnSale(onSaleAtMs, nowMs, offsetMinutes)}`);
  if (ifNew && (await readInventory(redis, eventId))) {
    say(`${eventId} is open already, and stays as it is`);
    return;
  }
  const opening = await planOpening(db, redis, plan, nowMs);
  if (opening.kind === 'refused') throw refused(opening.reasons);
  const { kind, changes, takes, revision } = opening;
  for (const change of changes.slice(0, maxChangesShown)) say(`  ${change}`);
  if (changes.length > maxChangesShown) say(`  … and ${changes.length - maxChangesShown} changes more`);
  const taking = `This takes from a sale that is on: ${takes.join(', and ')}.`;
  if (dryRun) {
    if (takes.length > 0) say(`  ${taking} It needs a yes at the terminal, or --yes.`);
    say(kind === 'unchanged' ? `${eventId} would stay as it is` : `${eventId} would be ${kind}; nothing was done`);
    return;
  }
  if (takes.length > 0 && !yes && !(await confirm(`${taking} Go on?`))) {
    say(`${eventId} stays as it is`);
    return;
  }
  const outcome = await openEvent(db, redis, plan, revision);
  if (outcome.kind === 'refused') throw refused(outcome.reasons);
  say(`${eventId} ${outcome.kind}`);
}

const refused = (reasons: string[]) =>
  new Error(`Refused; nothing was changed:\n${reasons.map((reason) => `  ${reason}`).join('\n')}`);
