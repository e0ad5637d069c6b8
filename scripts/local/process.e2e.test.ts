import { spawn } from 'node:child_process';
import { once } from 'node:events';
import getPort from 'get-port';
import { expect, it, vi } from 'vitest';
import { testFolder } from '../testing/services.ts';
import { findBinary } from './binaries.ts';
import { answers } from './process.ts';

it.runIf(await findBinary('setpriv'))('a process ends with whoever started it, also when that one is killed (-9)', async () => {
  await using resources = new AsyncDisposableStack();
  const port = await getPort();
  const starter = `
    import { startEmulator } from '${import.meta.dirname}/stores.ts';
    await startEmulator({ port: ${port}, logFolder: '${testFolder(resources)}' });
    setInterval(() => {}, 1_000);
  `;
  const parent = spawn(process.execPath, ['--input-type=module', '--eval', starter], { stdio: 'ignore' });
  resources.defer(() => void parent.kill('SIGKILL'));
  const isUp = () => answers(`http://127.0.0.1:${port}/health`)().catch(() => false);
  await vi.waitFor(async () => expect(await isUp()).toBe(true), { timeout: 20_000, interval: 50 });
  parent.kill('SIGKILL');
  await once(parent, 'exit');
  await vi.waitFor(async () => expect(await isUp()).toBe(false), { timeout: 10_000, interval: 50 });
});
