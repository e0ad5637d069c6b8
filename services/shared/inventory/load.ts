import { overloaded, type UnavailableError } from '../http/problems.ts';

/**
 * How many commands of a kind may wait, over all events. In an overload one process decides some 5,000 a second, those in flight
 * (script-queue.ts) first: a higher limit would only lengthen the wait, and the time to recover.
 */
const capacity = 768;

/** How many may wait for each event, however crowded the others are. */
const reserved = 16;

/** How many commands of one kind are waiting for their turn in this process. */
export type Waiting = { count: number };

/**
 * How many commands are waiting in this process, and how many were refused because of that since it started. `taking`
 * counts requests for seats. `deciding` counts those about seats that a buyer already has: a flood of new requests must not shed them.
 */
export type Load = { taking: Waiting; deciding: Waiting; shed: number };

export type Kind = 'taking' | 'deciding';

export const createLoad = (): Load => ({ taking: { count: 0 }, deciding: { count: 0 }, shed: 0 });

/**
 * Whether a queue may take another command. Each queue may be as long as the capacity that is left: a single queue gets half of the
 * capacity, two get a third each, and so on (dynamic thresholds: Choudhury and Hahne, 1998).
 */
export const hasRoom = (queueLength: number, waiting: Waiting): boolean =>
  queueLength < Math.max(reserved, capacity - waiting.count);

/** Counts a refused request. Returns the error to throw. */
export function shed(load: Load): UnavailableError {
  load.shed++;
  return overloaded;
}
