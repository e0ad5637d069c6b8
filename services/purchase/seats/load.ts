import { overloaded, type UnavailableError } from '../../shared/problems.ts';
import { perClient } from './per-client.ts';

/**
 * How many commands of a kind may wait, whatever events they are for. While others wait three times as many are on their way
 * (ask-together.ts), and at an overload one process decides on some 5,000 a second: with more, only the wait grows, and with it the
 * time until all is well again.
 */
const capacity = 1_024;

/** However crowded other events are, so many may wait for each. */
const reserved = 16;

/** Commands of one kind that wait for their turn in this process. */
export type Waiting = { count: number };

/**
 * What waits in this process to be asked of a Redis, and how much was refused because of that since it began. `taking` are requests
 * for seats. `deciding` are those about seats that somebody has already; a flood of new requests must not shed these.
 */
export type Load = { taking: Waiting; deciding: Waiting; shed: number };

export type Kind = 'taking' | 'deciding';

export const loadOf = perClient((): Load => ({ taking: { count: 0 }, deciding: { count: 0 }, shed: 0 }));

/**
 * Whether a queue may take another command. Each may be as long as there is room left for all: alone it gets half of the capacity,
 * two get a third each, and so on (dynamic thresholds: Choudhury and Hahne, 1998).
 */
export const hasRoom = (queueLength: number, waiting: Waiting): boolean =>
  queueLength < Math.max(reserved, capacity - waiting.count);

/** Counts a request that is refused. Returns the error to refuse it with. */
export function shed(load: Load): UnavailableError {
  load.shed++;
  return overloaded;
}
