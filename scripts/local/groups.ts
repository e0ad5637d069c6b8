import type { ChildProcess } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';

/** A process that leads a group (`detached`), with its children: workers, or what a shell has started. */
type Group = { kill(): void; untilGone(): Promise<void>; stop(): Promise<void> };

/** Every group that was started and is not gone, whether or not it is ready. */
const groups = new Set<Group>();

const goneMs = 5_000;

/** Tracks the group that a process leads, for stopAll and killAll; `stopLeader` asks the process to end, and waits for that. */
export function trackGroup(leader: ChildProcess, command: string, stopLeader: () => Promise<unknown>): Group {
  const signal = (name: NodeJS.Signals | 0) => {
    try {
      return process.kill(-(leader.pid as number), name);
    } catch {
      return false;
    }
  };
  const group: Group = {
    // A container would survive the SIGKILL of its docker client, which forwards only signals that it can catch.
    kill: () => void signal(command === 'docker' ? 'SIGTERM' : 'SIGKILL'),
    async untilGone() {
      const deadline = Date.now() + goneMs;
      while (signal(0) && Date.now() < deadline) await pause(10);
    },
    async stop() {
      await stopLeader();
      await group.untilGone();
    },
  };
  groups.add(group);
  leader.once('exit', () => groups.delete(group));
  leader.once('error', () => groups.delete(group));
  return group;
}

/** Stops every group. */
export async function stopAll(): Promise<void> {
  // Repeated, because a start in progress may add a group meanwhile.
  while (groups.size > 0) await Promise.all([...groups].map((group) => group.stop()));
}

/** Kills every group (-9); resolves when they are gone, or when that takes too long. */
export async function killAll(): Promise<void> {
  const all = [...groups];
  for (const group of all) group.kill();
  await Promise.all(all.map((group) => group.untilGone()));
}
