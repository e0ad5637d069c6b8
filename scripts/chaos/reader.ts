import { setTimeout as pause } from 'node:timers/promises';
import type { Inventory } from '../../services/shared/inventory/inventory.ts';
import type { Random } from '../testing/random.ts';
import type { History } from './history.ts';

const answerMs = 3_000;
const longestPauseMs = 200;

type Read = { path: string; isWellFormed: (body: unknown) => boolean };

/** Reads counts, tickets and seat maps from the query service until `stopping`. Anything but a well-formed 200 or a 503 is a surprise. */
export async function runReader(options: {
  url: string;
  random: Random;
  history: History;
  onSale: () => Inventory[];
  stopping: AbortSignal;
}): Promise<void> {
  const { url, random, history, onSale, stopping } = options;
  while (!stopping.aborted) {
    const { path, isWellFormed } = random.pick(readsOf(random.pick(onSale())));
    const answer = await read(`${url}/query/api/v1/${path}`);
    history.requests++;
    if (!answer || answer.status === 503) history.unanswered++;
    else if (answer.status !== 200 || !isWellFormed(answer.body))
      history.surprises.push(`GET ${path} returned ${answer.status} ${JSON.stringify(answer.body)}`);
    await pause(random.integer(longestPauseMs));
  }
}

async function read(url: string): Promise<{ status: number; body: unknown } | undefined> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(answerMs) });
    return { status: response.status, body: await response.json() };
  } catch {
    return undefined;
  }
}

function readsOf({ eventId, zones }: Inventory): Read[] {
  const capacity = zones.reduce((sum, zone) => sum + zone.capacity, 0);
  return [
    {
      path: `tickets/count/${eventId}`,
      // It may exceed the capacity for a while: cancelled tickets count until MySQL learns of it, sometimes only by the replay.
      isWellFormed: (body) => Number.isSafeInteger((body as { count: number }).count) && (body as { count: number }).count >= 0,
    },
    {
      path: `tickets?eventId=${eventId}&limit=20`,
      isWellFormed: (body) => Array.isArray(body) && body.every((ticket: { eventId: string }) => ticket.eventId === eventId),
    },
    {
      path: `events/${eventId}/availability`,
      isWellFormed: (body) => {
        const { available, held, sold, blocked } = body as Record<'available' | 'held' | 'sold' | 'blocked', number>;
        return Math.min(available, held, sold, blocked) >= 0 && available + held + sold + blocked === capacity;
      },
    },
    {
      path: `events/${eventId}/zones/1/seats?form=rows`,
      isWellFormed: (body) => (body as { rows: { seats: string }[] }).rows.every(({ seats }) => /^[.x]+$/.test(seats)),
    },
  ];
}
