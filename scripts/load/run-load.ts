import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { interruptNobody } from '../local/priority.ts';
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
  const child = fork(join(import.meta.dirname, 'generator.ts'), { serialization: 'advanced' });
  // Buyers are elsewhere: that each has an answer to read is no reason to stop the one who answers. With a rate it is latency that
  // counts, and the generator's own wait for its turn would be in it.
  if (child.pid !== undefined && load.ratePerSecond === undefined) void interruptNobody(child.pid);
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
