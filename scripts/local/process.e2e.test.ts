import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, it, vi } from 'vitest';
import { isReachable } from '../testing/reachable.ts';
import { testFolder } from '../testing/services.ts';
import { findBinary } from './find-binary.ts';
import { freePort } from './free-ports.ts';
import { startProcess } from './process.ts';

const resources = new AsyncDisposableStack();
afterAll(() => resources.disposeAsync());

it.runIf(await findBinary('setpriv'))('processes end with the one that started them, even if it is killed (-9)', async () => {
  const ports = [await freePort(), await freePort()];
  const starter = `
    import { startNginx } from '${import.meta.dirname}/nginx.ts';
    import { findServers } from '${import.meta.dirname}/servers.ts';
    import { startEmulator } from '${import.meta.dirname}/stores.ts';
    await startEmulator({ port: ${ports[0]}, logFolder: '${testFolder(resources)}' });
    const { nginx } = await findServers(['nginx'], () => {});
    const services = { purchase: 1, query: 1, persistence: 1, accounts: 1, catalogue: 1, checkout: 1 };
    await startNginx(nginx, { folder: '${testFolder(resources)}', port: ${ports[1]}, services });
    setInterval(() => {}, 1_000);
  `;
  const parent = spawn(process.execPath, ['--input-type=module', '--eval', starter], { stdio: 'ignore' });
  resources.defer(() => void parent.kill('SIGKILL'));
  const areUp = () => Promise.all(ports.map((port) => isReachable('127.0.0.1', port)));
  await vi.waitFor(async () => expect(await areUp()).toEqual([true, true]), { timeout: 100_000, interval: 50 });
  parent.kill('SIGKILL');
  await once(parent, 'exit');
  await vi.waitFor(async () => expect(await areUp()).toEqual([false, false]), { timeout: 100_000, interval: 50 });
});

it('a process that ends before it is ready is reported with the last lines of its log, without those of an earlier run', async () => {
  const logFile = join(testFolder(resources), 'server.log');
  appendFileSync(logFile, 'the earlier run\n');
  const script = `for (let line = 1; line <= 30; line++) console.error('line ' + line);`;
  const args = ['--eval', script];
  const failing = startProcess({ name: 'server', command: process.execPath, args, logFile, isReady: async () => false });
  const error: Error = await failing.then(
    () => expect.fail('it started'),
    (reason) => reason,
  );
  expect(error.message).toMatch(/^server ended before it was ready/);
  expect(error.message).toContain(logFile);
  expect(error.message).toMatch(/\n {2}line 29\n {2}line 30$/);
  expect(error.message).not.toMatch(/the earlier run|line 1\n/);
});
