import { readdir, readFile, writeFile } from 'node:fs/promises';
import { basename } from 'node:path';

type Process = { pid: number; parent: number; name: string; peakBytes: number };

/** Peak memory (VmHWM, in bytes) of the processes below this one, by name, since it was forgotten; nothing without /proc. */
export async function peakMemory(): Promise<Record<string, number>> {
  const peaks: Record<string, number> = {};
  for (const { name, peakBytes } of await processesBelow()) peaks[name] = Math.max(peaks[name] ?? 0, peakBytes);
  return peaks;
}

/** Has the kernel begin anew with the peaks of the processes below this one (proc(5): clear_refs). */
export async function forgetPeaks(): Promise<void> {
  for (const { pid } of await processesBelow()) await writeFile(`/proc/${pid}/clear_refs`, '5').catch(() => {});
}

async function processesBelow(): Promise<Process[]> {
  const entries = await readdir('/proc').catch(() => []);
  const all = await Promise.all(entries.filter((entry) => /^\d+$/.test(entry)).map(readProcess));
  const below = new Map([[process.pid, undefined as Process | undefined]]);
  // A child has a higher number than its parent, unless numbers began again: a second pass finds those too.
  for (const found of [...all, ...all]) if (found && below.has(found.parent)) below.set(found.pid, found);
  return [...below.values()].filter((found) => found !== undefined);
}

/** Undefined where it ended meanwhile. */
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

/** `purchase` of services/purchase/main.ts, `run-emulator` of its script, else the program's. */
function nameOf(line: string[]): string {
  const script = line.find((part) => part.endsWith('.ts'));
  if (script === undefined) return basename((line[0] ?? '').split(' ')[0] ?? '');
  return /([^/]+)\/main\.ts$/.exec(script)?.[1] ?? basename(script, '.ts');
}
