import { writeFileSync } from 'node:fs';
import { setPriority } from 'node:os';

/** As low as it goes. */
const niceness = 19;

/**
 * Has a process that was just started leave the processor to others that want it. Linux may group processes by session, and
 * then weighs only the groups against each other (sched(7), "The autogroup feature").
 */
export function lowerPriority(pid: number): void {
  try {
    setPriority(pid, niceness);
    writeFileSync(`/proc/${pid}/autogroup`, String(niceness));
  } catch {
    // Ended already, or a system without such groups: it is only a preference.
  }
}
