import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Flood, FloodResult } from './flood.ts';
import type { Told } from './generator.ts';

/** Runs a flood in a separate process, which `resources` ends. Calls `onOver` at its last arrival. */
export async function runFlood(asked: Flood, onOver: () => void, resources: AsyncDisposableStack): Promise<FloodResult> {
  const child = fork(join(import.meta.dirname, 'generator.ts'), { serialization: 'advanced' });
  resources.defer(async () => {
    child.kill();
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  });
  const { promise, resolve, reject } = Promise.withResolvers<FloodResult>();
  child.on('message', (told: Told) => (told.kind === 'result' ? resolve(told) : onOver()));
  child.once('error', reject);
  child.once('exit', (code, signal) => reject(new Error(`the flood's process exited before its result (${signal ?? code})`)));
  child.send(asked);
  return await promise;
}
