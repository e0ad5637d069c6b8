import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { findBinary } from '../local/binaries.ts';
import type { LoadResult, Progress } from './generator.ts';
import type { Load } from './send.ts';

/**
 * Runs a load in a process of its own, which ends with it; `onProgress` hears of it ten times a second. Rejects where `signal`
 * breaks it off.
 */
export async function runLoad(
  load: Load,
  onProgress: (progress: Progress) => void = () => {},
  signal?: AbortSignal,
): Promise<LoadResult> {
  signal?.throwIfAborted();
  const child = fork(join(import.meta.dirname, 'generator.ts'), { serialization: 'advanced', ...(await politely()) });
  const end = () => void child.kill();
  signal?.addEventListener('abort', end);
  try {
    const { promise, resolve, reject } = Promise.withResolvers<LoadResult>();
    child.on('message', (message: Progress | LoadResult) => (message.kind === 'result' ? resolve(message) : onProgress(message)));
    child.once('error', reject);
    child.once('exit', (code, signal) => reject(new Error(`the load generator ended before its load (${signal ?? code})`)));
    child.send(load);
    return await promise;
  } finally {
    signal?.removeEventListener('abort', end);
    child.kill();
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  }
}

/**
 * How to start a process that does not interrupt another one whenever something has come for it (sched(7), SCHED_BATCH; where
 * chrt is to be had, on Linux). Buyers are elsewhere: each answer to them is no reason to stop the one who answers.
 */
async function politely() {
  const chrt = await findBinary('chrt');
  return chrt && { execPath: chrt, execArgv: ['--batch', '0', process.execPath, ...process.execArgv] };
}
