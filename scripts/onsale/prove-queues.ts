import { setTimeout as pause } from 'node:timers/promises';
import { type Patience, readDeadLetters } from '../../services/catalogue/verify/dead-letters.ts';
import { countOf } from '../../services/shared/basics/text.ts';
import { queueDepth } from '../../services/shared/events/queue-depths.ts';
import type { Messaging } from '../local/messaging.ts';

/** Longer than a message stays hidden after a worker received but did not handle it. */
const stalledMs = 60_000;
/** SQS' counts are approximate. Nothing is received here to confirm them, so twice as many must be zero in a row. */
const looksPerNothing = 2;

/** Waits until the workers have applied every message in the queue, other events' included. */
export async function untilQueueEmpty(
  { sqs, queueUrl }: Messaging,
  say: (line: string) => void,
  { nothings, pauseMs }: Patience,
): Promise<void> {
  let least = Number.POSITIVE_INFINITY;
  let changedAt = Date.now();
  for (let nothing = 0; nothing < nothings * looksPerNothing; ) {
    const messages = await queueDepth(sqs, queueUrl);
    nothing = messages === 0 ? nothing + 1 : 0;
    if (messages < least) {
      least = messages;
      changedAt = Date.now();
      if (messages > 0) say(`Waiting for ${countOf(messages, 'message')} in the queue`);
    }
    if (messages > 0 && Date.now() - changedAt > stalledMs) {
      throw new Error(
        `The queue still has ${countOf(messages, 'message')}, whose seats would be sold again. Is persistence running? Once it is, run this again.`,
      );
    }
    await pause(pauseMs);
  }
}

/** Describes the dead letters that are or may be about an event: "are 2 dead letters of Event1"; undefined if there are provably none. */
export async function findDeadLetters(messaging: Messaging, eventId: string, patience: Patience): Promise<string | undefined> {
  const { letters, unseen } = await readDeadLetters(messaging, patience);
  const ours = letters.filter(({ eventIds }) => eventIds.has(eventId)).length;
  const unreadable = letters.filter((letter) => letter.unreadable > 0 && !letter.eventIds.has(eventId)).length;
  const found = [
    ...(ours > 0 ? [`${countOf(ours, 'dead letter')} of ${eventId}`] : []),
    ...(unreadable > 0 ? [`${countOf(unreadable, 'dead letter')} that cannot be read and may be about any event`] : []),
    ...(unseen > 0 ? [`${countOf(unseen, 'dead letter')} that could not be read because another process has received them`] : []),
  ];
  const verb = ours + unreadable + unseen === 1 ? 'is' : 'are';
  return found.length > 0 ? `${verb} ${found.join(', and ')}` : undefined;
}
