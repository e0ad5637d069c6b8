import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Flood, FloodResult } from './flood.ts';
import type { Told } from './generator.ts';

/** Lets a flood come from a process of its own; `onOver` hears of its last arrival. Ended by `resources`. */
export async function runFlood(asked: Flood, onOver: () => void, resources: AsyncDisposableStack): Promise<FloodResult> {
  const child = fork(join(import.meta.dirname, 'generator.ts'), { serialization: 'advanced' });
  resources.defer(async () => {
    child.kill();
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  });
  const { promise, resolve, reject } = Promise.withResolvers<FloodResult>();
  child.on('message', (told: Told) => (told.kind === 'result' ? resolve(told) : onOver()));
  child.once('error', reject);
  child.once('exit', (code, signal) => reject(new Error(`the flood ended before its result (${signal ?? code})`)));
  child.send(asked);
  return await promise;
}
