import { execFile } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'onsale-run-'));
  for (const name of ['scripts', 'bin', 'infra']) mkdirSync(join(folder, name));
  copyFileSync(join(import.meta.dirname, 'run.sh'), join(folder, 'scripts/run.sh'));
  for (const at of ['', 'infra']) writeFileSync(join(folder, at, 'package-lock.json'), '{}');
  stubNpm('mkdir -p "$3/node_modules" && touch "$3/node_modules/.package-lock.json"');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** npm notes for which folder it was called, and does this. */
function stubNpm(doing: string): void {
  const file = join(folder, 'bin/npm');
  writeFileSync(file, `#!/bin/sh\necho "$1 $2 $3" >>${folder}/calls\n${doing}\n`);
  chmodSync(file, 0o755);
}

const installed = (at = '') => join(folder, at, 'node_modules/.package-lock.json');

/** Runs the script; returns its exit status, what it printed, and npm's calls since the last time. */
async function run(...args: string[]) {
  rmSync(join(folder, 'calls'), { force: true });
  const env = { PATH: `${join(folder, 'bin')}:${process.env.PATH}` };
  const { code, stdout } = await new Promise<{ code: number; stdout: string }>((resolve) => {
    execFile('sh', [join(folder, 'scripts/run.sh'), ...args], { env }, (error, stdout) => {
      resolve({ code: Number(error?.code ?? 0), stdout });
    });
  });
  const calls = existsSync(join(folder, 'calls')) ? readFileSync(join(folder, 'calls'), 'utf8').split('\n').slice(0, -1) : [];
  return { code, stdout, calls };
}

describe('a command of package.json', () => {
  it('installs the packages when they are missing, once, and is then run with its arguments', async () => {
    const [root, infra] = ['install --prefix .', 'install --prefix infra'];
    expect(await run('echo', 'one', 'two three')).toEqual({ code: 0, stdout: 'one two three\n', calls: [root] });
    expect(await run('echo', 'one')).toEqual({ code: 0, stdout: 'one\n', calls: [] });
    expect(await run('--infra', 'echo', 'one')).toEqual({ code: 0, stdout: 'one\n', calls: [infra] });
    expect(await run('--infra', 'echo', 'one')).toEqual({ code: 0, stdout: 'one\n', calls: [] });
  });

  it('installs them again when package-lock.json has changed since, but not to show its help', async () => {
    await run('true');
    utimesSync(installed(), 1_000, 1_000);
    for (const flag of ['--help', '-h'])
      expect(await run('sh', '-c', 'echo "$1"', 'sh', flag)).toEqual({ code: 0, stdout: `${flag}\n`, calls: [] });
    expect((await run('true')).calls).toHaveLength(1);
    expect((await run('true')).calls).toEqual([]);
  });

  it('is not run when the packages cannot be installed, and installs them the next time', async () => {
    stubNpm('mkdir -p "$3/node_modules"; exit 7');
    expect(await run('echo', 'one')).toMatchObject({ code: 7, stdout: '' });
    expect(await run('echo', 'one')).toMatchObject({ code: 7, stdout: '', calls: [expect.any(String)] });
  });

  it("ends with the command's exit status", async () => {
    expect((await run('sh', '-c', 'exit 42')).code).toBe(42);
  });
});
