import { readdir, readFile, writeFile } from 'node:fs/promises';
import { basename } from 'node:path';

type Process = { pid: number; parent: number; name: string; peakBytes: number };

/** Peak memory (VmHWM, in bytes) of this process's descendants, by name, since the last `forgetPeaks`; empty without /proc. */
export async function peakMemory(): Promise<Record<string, number>> {
  const peaks: Record<string, number> = {};
  for (const { name, peakBytes } of await processesBelow()) peaks[name] = Math.max(peaks[name] ?? 0, peakBytes);
  return peaks;
}

/** Resets the peak memory of this process's descendants (proc(5): clear_refs). */
export async function forgetPeaks(): Promise<void> {
  for (const { pid } of await processesBelow()) await writeFile(`/proc/${pid}/clear_refs`, '5').catch(() => {});
}

async function processesBelow(): Promise<Process[]> {
  const entries = await readdir('/proc').catch(() => []);
  const all = await Promise.all(entries.filter((entry) => /^\d+$/.test(entry)).map(readProcess));
  const below = new Map([[process.pid, undefined as Process | undefined]]);
  // A child's pid is higher than its parent's unless pids have wrapped around; a second pass finds those children.
  for (const found of [...all, ...all]) if (found && below.has(found.parent)) below.set(found.pid, found);
  return [...below.values()].filter((found) => found !== undefined);
}

/** Undefined if the process has ended. */
async function readProcess(pid: string): Promise<Process | undefined> {
  try {
    const status = await readFile(`/proc/${pid}/status`, 'utf8');
    const number = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? 0);
    const line = (await readFile(`/proc/${pid}/cmdline`, 'utf8')).split('\0');
    return { pid: Number(pid), parent: number('PPid'), name: nameOf(line), peakBytes: number('VmHWM') * 1_024 };
  } catch {
    return undefined;
  }
}

/** `purchase` for services/purchase/main.ts, `run-emulator` for run-emulator.ts, otherwise the program's name. */
function nameOf(line: string[]): string {
  const script = line.find((part) => part.endsWith('.ts'));
  if (script === undefined) return basename((line[0] ?? '').split(' ')[0] ?? '');
  return /([^/]+)\/main\.ts$/.exec(script)?.[1] ?? basename(script, '.ts');
}
