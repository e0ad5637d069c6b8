import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, fstatSync, mkdirSync, openSync, readSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { findBinary } from './find-binary.ts';
import { trackGroup } from './groups.ts';
import { lowerPriority } from './priority.ts';

export type ProcessSpec = {
  name: string;
  command: string;
  args: string[];
  env?: Record<string, string>;
  logFile: string;
  /** Resolves to true once the process does its work; called repeatedly until then. */
  isReady: () => Promise<boolean>;
  /** No buyer waits for it: on a shared machine, it yields the processor to processes that buyers wait for. */
  isBackground?: boolean;
  /** Makes it finish its requests and end; SIGTERM by default. */
  stopSignal?: NodeJS.Signals;
};

export type LocalProcess = {
  name: string;
  /** Settles when the process is gone. */
  exited: Promise<unknown>;
  /** Stops it, with SIGKILL if it takes too long. Resolves when it is gone. */
  stop(): Promise<void>;
  kill(signal: NodeJS.Signals): void;
  /** For an error message: the path of its log, and the last lines of this run. */
  lastWords(): string;
};

const readyMs = 60_000;
const stopMs = 30_000;
const lastLines = 10;
const lastBytes = 16_384;

/** Starts a process, its output in a file, and waits until it is ready. Rejects with the end of its log if it never is. */
export async function startProcess(spec: ProcessSpec): Promise<LocalProcess> {
  const { name, command, args, env = {}, logFile, isReady, isBackground = false, stopSignal = 'SIGTERM' } = spec;
  mkdirSync(dirname(logFile), { recursive: true });
  const logStart = existsSync(logFile) ? statSync(logFile).size : 0;
  // If this process is killed outright, the kernel ends its child too (on Linux, if setpriv is installed).
  const guard = await findBinary('setpriv');
  const [file, ...rest] = guard ? [guard, '--pdeathsig', 'TERM', command, ...args] : [command, ...args];
  // The file itself, not a pipe through us: the process must not block or fail on its log when we are gone.
  const log = openSync(logFile, 'a');
  const child = spawn(file as string, rest, {
    env: { ...process.env, ...env },
    stdio: ['ignore', log, log],
    // A group of its own: Ctrl-C goes to us, and we stop things in order.
    detached: true,
  });
  closeSync(log);
  let running = true;
  const exited = once(child, 'exit').finally(() => {
    running = false;
  });
  const started = {
    name,
    exited,
    async stop() {
      if (!running) return;
      child.kill(stopSignal);
      const force = setTimeout(() => group.kill(), stopMs);
      await exited;
      clearTimeout(force);
    },
    kill: (signal: NodeJS.Signals) => void child.kill(signal),
    lastWords: () => endOfLog(logFile, logStart),
  };
  const group = trackGroup(child, command, started.stop);

  const deadline = Date.now() + readyMs;
  while (!(await isReady().catch(() => false))) {
    if (!running) throw new Error(`${name} ended before it was ready; ${started.lastWords()}`);
    if (Date.now() > deadline) {
      await started.stop();
      throw new Error(`${name} was not ready within ${readyMs / 1_000} s; ${started.lastWords()}`);
    }
    await pause(50);
  }
  // Only now: at low priority on a busy machine, it would take minutes to start.
  if (isBackground && child.pid !== undefined) lowerPriority(child.pid);
  return started;
}

/** For an error message: the path of a log, and its last lines, from byte `start` on. */
export function endOfLog(logFile: string, start = 0): string {
  const log = openSync(logFile, 'r');
  const { size } = fstatSync(log);
  const from = Math.max(start, size - lastBytes);
  const end = Buffer.alloc(size - from);
  readSync(log, end, 0, end.length, from);
  closeSync(log);
  const lines = end.toString().trimEnd().split('\n').slice(-lastLines);
  return `its log, ${logFile}, ends with:\n${lines.map((line) => `  ${line}`).join('\n')}`;
}

/** For `isReady`: does this URL answer 200? */
export const answers = (url: string) => async () => (await fetch(url, { signal: AbortSignal.timeout(1_000) })).ok;
