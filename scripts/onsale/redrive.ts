import { type DeadLetter, readDeadLetters, sendBack } from '../../services/catalogue/verify/dead-letters.ts';
import { listRanges, rangesOf } from '../../services/shared/basics/ranges.ts';
import { countOf } from '../../services/shared/basics/text.ts';
import type { Messaging } from '../local/messaging.ts';

const progressEvery = 100;

/**
 * Shows the messages in the dead-letter queue and, if `confirm` agrees, sends all but the truncated ones back to the main queue to be applied. Returns how
 * many it sent. A message that was rejected for good reason comes back.
 */
export async function redrive(
  messaging: Messaging,
  { confirm, say }: { confirm: (question: string) => Promise<boolean>; say: (line: string) => void },
): Promise<{ sent: number }> {
  const { letters, unseen } = await readDeadLetters(messaging);
  for (const line of describe(letters, unseen)) say(line);
  const whole = letters.filter(({ isCut }) => !isCut);
  const cut = letters.length - whole.length;
  if (cut === 1) say('1 of them is truncated and stays: it could not be applied');
  if (cut > 1) say(`${cut} of them are truncated and stay: they could not be applied`);
  if (
    whole.length === 0 ||
    !(await confirm(cut > 0 ? 'Send the others back to the queue?' : 'Send all of them back to the queue?'))
  )
    return { sent: 0 };
  const sent = await sendBack(messaging, whole, (so) => {
    if (so % progressEvery === 0 && so < whole.length) say(`${so} of ${whole.length} sent back`);
  });
  say(`${sent} of ${whole.length} sent back to the queue. To see whether they were applied: npm run onsale -- verify <eventId>`);
  return { sent };
}

/** How many messages there are for each reason and, by event and type, the sequence numbers of their domain events. */
function describe(letters: DeadLetter[], unseen: number): string[] {
  const hidden =
    unseen > 0 ? [`${unseen} more could not be read because another process has received them; run this again later`] : [];
  if (letters.length === 0) return hidden.length > 0 ? hidden : ['The dead-letter queue is empty'];
  const lines = [`${countOf(letters.length, 'message')} in the dead-letter queue:`];
  for (const [reason, group] of Map.groupBy(letters, (letter) => letter.reason)) {
    lines.push(`  ${group.length} × ${reason}`);
    const events = Map.groupBy(
      group.flatMap((letter) => letter.events),
      ({ eventId, type }) => `${eventId}, ${type}`,
    );
    for (const [what, list] of events) lines.push(`      ${what}: ${listRanges(rangesOf(list.map(({ sequence }) => sequence)))}`);
    const unreadable = group.filter((letter) => letter.events.length === 0).length;
    if (unreadable > 0) lines.push(`      ${unreadable} without a readable domain event`);
  }
  return [...lines, ...hidden];
}
