import { overloaded, type UnavailableError } from '../../shared/problems.ts';
import { perClient } from './per-client.ts';

/**
 * How many may wait for their turn to be asked, while three times as many are on their way (ask-together.ts). At an overload one
 * process decides on some 5,000 a second: whoever comes last waits for less than half a second. With more, only the wait grows, and
 * with it the time until all is well again.
 */
export const maxWaiting = 512;

/** What waits in this process for its turn to be asked of a Redis, and how much was refused since it began because of that. */
export type Load = { waiting: number; shed: number };

export const loadOf = perClient((): Load => ({ waiting: 0, shed: 0 }));

/** Counts what is refused; gives the error to refuse it with. */
export function shed(load: Load): UnavailableError {
  load.shed++;
  return overloaded;
}
