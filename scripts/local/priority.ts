import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { setPriority } from 'node:os';
import { execa } from 'execa';
import { findBinary } from './find-binary.ts';

/** As low as it goes. */
const niceness = 19;

/**
 * Makes a process, the leader of a session, yield the processor to others that need it. On Linux each thread has its own
 * niceness; but Linux may group processes by session, and then weighs only the groups against each other (sched(7), "The autogroup
 * feature").
 */
export function lowerPriority(pid: number): void {
  try {
    const threads = existsSync(`/proc/${pid}/task`) ? readdirSync(`/proc/${pid}/task`).map(Number) : [pid];
    for (const thread of threads) setPriority(thread, niceness);
    writeFileSync(`/proc/${pid}/autogroup`, String(niceness));
  } catch {
    // It has ended already, or the system has no such groups. It is only a preference.
  }
}

/**
 * Keeps a process from preempting others when it wakes up: it waits its turn (sched(7), SCHED_BATCH). Only on Linux, if chrt is
 * installed.
 */
export async function interruptNobody(pid: number): Promise<void> {
  const chrt = await findBinary('chrt');
  // As above: it is only a preference.
  if (chrt) await execa(chrt, ['--all-tasks', '--batch', '--pid', '0', String(pid)], { reject: false });
}
