import { publishedKey } from '../inventory/keys.ts';
import type { RedisClient } from '../stores/redis.ts';

/** An SNS message: its id, and the sequence numbers of its domain events, ascending. */
export type Published = { messageId: string; sequences: number[] };

/** A domain event's message; `atMs` is when it was noted in Redis, after SNS had accepted its whole round; `events` is its size. */
export type FoundPublished = { messageId: string; atMs: number; events: number };

const entriesAtOnce = 500;

/** Notes in which messages an event's domain events were published: one entry for all that SNS accepted in one round. */
export const notePublished = (redis: RedisClient, eventId: string, messages: Published[]) =>
  redis.xadd(publishedKey(eventId), '*', ...messages.flatMap(({ messageId, sequences }) => [messageId, rangesText(sequences)]));

/** Finds the first message since `sinceMs` (Redis' clock) that published a domain event; undefined if none is noted. */
export async function findPublished(
  redis: RedisClient,
  eventId: string,
  sequence: number,
  sinceMs: number,
): Promise<FoundPublished | undefined> {
  for (let from = String(sinceMs); ; ) {
    const entries = await redis.xrange(publishedKey(eventId), from, '+', 'COUNT', entriesAtOnce);
    for (const [id, fields] of entries) {
      for (let at = 0; at < fields.length; at += 2) {
        const ranges = parseRanges(fields[at + 1] ?? '');
        if (!ranges.some(([first, last]) => first <= sequence && sequence <= last)) continue;
        const events = ranges.reduce((sum, [first, last]) => sum + last - first + 1, 0);
        return { messageId: fields[at] ?? '', atMs: Number(id.split('-')[0]), events };
      }
    }
    const last = entries.at(-1);
    if (!last || entries.length < entriesAtOnce) return undefined;
    from = `(${last[0]}`;
  }
}

/** Formats as "7-9 12": entries taken over from a dead task need not be consecutive. */
function rangesText(sequences: number[]): string {
  const ranges: [first: number, last: number][] = [];
  for (const sequence of sequences) {
    const range = ranges.at(-1);
    if (range && sequence === range[1] + 1) range[1] = sequence;
    else ranges.push([sequence, sequence]);
  }
  return ranges.map(([first, last]) => (first === last ? String(first) : `${first}-${last}`)).join(' ');
}

function parseRanges(text: string): [first: number, last: number][] {
  return text.split(' ').map((range) => {
    const [first, last = first] = range.split('-').map(Number);
    return [first ?? 0, last ?? 0];
  });
}
