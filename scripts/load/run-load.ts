import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { interruptNobody } from '../local/priority.ts';
import type { LoadResult, Progress } from './generator.ts';
import type { Load } from './send.ts';

/**
 * Runs a load in a separate process, and calls `onProgress` ten times a second. Ends the process with the load. Rejects if
 * `signal` interrupts it.
 */
export async function runLoad(
  load: Load,
  onProgress: (progress: Progress) => void = () => {},
  signal?: AbortSignal,
): Promise<LoadResult> {
  signal?.throwIfAborted();
  const child = fork(join(import.meta.dirname, 'generator.ts'), { serialization: 'advanced' });
  // Real buyers are on other machines, so the generator should not preempt the services. With a rate, latency is measured, and
  // would include the generator's own wait for the CPU.
  if (child.pid !== undefined && load.ratePerSecond === undefined) void interruptNobody(child.pid);
  const end = () => void child.kill();
  signal?.addEventListener('abort', end);
  try {
    const { promise, resolve, reject } = Promise.withResolvers<LoadResult>();
    child.on('message', (message: Progress | LoadResult) => (message.kind === 'result' ? resolve(message) : onProgress(message)));
    child.once('error', reject);
    child.once('exit', (code, signal) =>
      reject(new Error(`the load generator exited before its load was done (${signal ?? code})`)),
    );
    child.send(load);
    return await promise;
  } finally {
    signal?.removeEventListener('abort', end);
    child.kill();
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  }
}
