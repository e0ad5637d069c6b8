import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { trackGroup } from './groups.ts';
import { endOfLog } from './process.ts';

/**
 * Runs a program to its end, with its output in a file. Rejects with the end of that file if the program fails. A stop kills the program
 * and its children, so discard what it made unless this resolves.
 */
export async function runToEnd(program: { command: string; args: string[]; logFile: string }): Promise<void> {
  const { command, args, logFile } = program;
  const log = openSync(logFile, 'w');
  const child = spawn(command, args, { stdio: ['ignore', log, log], detached: true });
  closeSync(log);
  const exited = once(child, 'exit');
  const group = trackGroup(child, command, async () => {
    group.kill();
    await exited;
  });
  const [code, signal] = await exited;
  if (code !== 0) throw new Error(`${command} failed (${signal ?? `exit status ${code}`}); ${endOfLog(logFile)}`);
}
