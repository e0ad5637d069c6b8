import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { testFolder } from '../testing/services.ts';
import { freePort } from './free-ports.ts';

let resources: AsyncDisposableStack;
beforeEach(() => {
  resources = new AsyncDisposableStack();
});
afterEach(() => resources.disposeAsync());

type Server = { file: string; port: number; logFile: string };

/** Code by which a command starts a process that listens. */
const ways = {
  'is ready': ({ file, logFile }: Server) => `
    const started = await startProcess({ name: 'server', command: process.execPath, args: ['${file}'], logFile: '${logFile}', isReady: async () => true });
    resources.defer(() => started.stop());`,
  'is not ready yet': ({ file, logFile }: Server) => `
    await startProcess({ name: 'server', command: process.execPath, args: ['${file}'], logFile: '${logFile}', isReady: async () => false });`,
  'is the child of a program that is run to its end': ({ file, logFile }: Server) => `
    await runToEnd({ command: 'sh', args: ['-c', '"${process.execPath}" "${file}" & wait'], logFile: '${logFile}' });`,
};

/** Starts a command that starts a process in one of these ways. Resolves once that listens; on SIGTERM it runs the code `onTerm`. */
async function startCommand(way: keyof typeof ways, onTerm = 'setTimeout(() => process.exit(), 100)') {
  const port = await freePort();
  const folder = testFolder(resources);
  const server = { file: join(folder, 'server.js'), port, logFile: join(folder, 'server.log') };
  writeFileSync(
    server.file,
    `require('node:net').createServer().listen(${port}, '127.0.0.1'); process.on('SIGTERM', () => { ${onTerm} });`,
  );
  writeFileSync(join(folder, 'package.json'), '{}');
  const command = `
    import { startProcess } from '${import.meta.dirname}/process.ts';
    import { runToEnd } from '${import.meta.dirname}/run-to-end.ts';
    import { stopWith } from '${import.meta.dirname}/stop.ts';
    const resources = new AsyncDisposableStack();
    const { isStopping } = stopWith(resources, { exitCode: 130, onSignal: () => console.log('stopping') });
    setInterval(() => {}, 1_000);
    try {
      ${ways[way](server)}
    } catch (error) {
      if (!isStopping()) throw error;
    }
  `;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', command], { stdio: ['ignore', 'pipe', 'inherit'] });
  resources.defer(() => void child.kill('SIGKILL'));
  let output = '';
  child.stdout?.on('data', (chunk) => {
    output += chunk;
  });
  await vi.waitFor(async () => expect(await listens(port)).toBe(true), { timeout: 100_000, interval: 20 });
  return { child, port, output: () => output };
}

async function listens(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

async function exitOf(child: ChildProcess): Promise<number | null> {
  if (child.exitCode === null) await once(child, 'exit');
  return child.exitCode;
}

describe('a command that is stopped by Ctrl-C', () => {
  it.each(Object.keys(ways) as (keyof typeof ways)[])(
    'leaves nothing listening, and announces its stop once: a process that %s',
    async (way) => {
      const { child, port, output } = await startCommand(way);
      child.kill('SIGINT');
      expect(await exitOf(child)).toBe(130);
      expect(await listens(port)).toBe(false);
      expect(output()).toBe('stopping\n');
    },
  );

  it('treats two signals that arrive together as one', async () => {
    const { child, port, output } = await startCommand('is ready');
    child.kill('SIGINT');
    child.kill('SIGTERM');
    expect(await exitOf(child)).toBe(130);
    expect(await listens(port)).toBe(false);
    expect(output()).toBe('stopping\n');
  });

  it('is forced to end by a second Ctrl-C, and still leaves nothing listening', async () => {
    const { child, port, output } = await startCommand('is ready', '');
    child.kill('SIGINT');
    await vi.waitFor(
      () => {
        // Repeatedly: within the first half second, it counts as the same Ctrl-C.
        child.kill('SIGINT');
        expect(child.exitCode).toBe(130);
      },
      { timeout: 20_000, interval: 50 },
    );
    expect(await listens(port)).toBe(false);
    expect(output()).toBe('stopping\n');
  });
});
