import type { Messaging } from '../local/messaging.ts';
import { type DeadLetter, readDeadLetters, sendBack } from './dead-letters.ts';
import { listRanges, rangesOf } from './verify/ranges.ts';

const progressEvery = 100;

/**
 * Shows what the dead-letter queue holds and, where `confirm` agrees, sends it back to the queue, to be applied. Gives how many
 * letters it sent; what was refused for good reason comes back.
 */
export async function redrive(
  messaging: Messaging,
  { confirm, say }: { confirm: (question: string) => Promise<boolean>; say: (line: string) => void },
): Promise<{ sent: number }> {
  const { letters, unseen } = await readDeadLetters(messaging);
  for (const line of describe(letters, unseen)) say(line);
  if (letters.length === 0 || !(await confirm('Send all of it back to the queue?'))) return { sent: 0 };
  const sent = await sendBack(messaging, letters, (so) => {
    if (so % progressEvery === 0 && so < letters.length) say(`${so} of ${letters.length} sent back`);
  });
  say(`${sent} of ${letters.length} sent back to the queue; "onsale verify" tells what became of them`);
  return { sent };
}

/** By reason how many letters there are and, by event and type, which domain events are in them. */
function describe(letters: DeadLetter[], unseen: number): string[] {
  const hidden = unseen > 0 ? [`${unseen} more could not be received: somebody else has them in hand; run this again later`] : [];
  if (letters.length === 0) return hidden.length > 0 ? hidden : ['The dead-letter queue is empty'];
  const lines = [`${letters.length} in the dead-letter queue:`];
  for (const [reason, group] of Map.groupBy(letters, (letter) => letter.reason)) {
    lines.push(`  ${group.length} × ${reason}`);
    const events = Map.groupBy(
      group.flatMap((letter) => letter.events),
      ({ eventId, type }) => `${eventId}, ${type}`,
    );
    for (const [what, list] of events) lines.push(`      ${what}: ${listRanges(rangesOf(list.map(({ sequence }) => sequence)))}`);
    const unreadable = group.filter((letter) => letter.events.length === 0).length;
    if (unreadable > 0) lines.push(`      ${unreadable} in which no domain event can be read`);
  }
  return [...lines, ...hidden];
}
