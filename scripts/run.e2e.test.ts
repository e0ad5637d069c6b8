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
import { execa } from 'execa';
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

/** Replaces npm with a stub that records its call and then runs `doing`. */
function stubNpm(doing: string): void {
  const file = join(folder, 'bin/npm');
  writeFileSync(file, `#!/bin/sh\necho "$1 $2 $3" >>${folder}/calls\n${doing}\n`);
  chmodSync(file, 0o755);
}

const installed = (at = '') => join(folder, at, 'node_modules/.package-lock.json');

/** Runs the script. Returns its exit status, its output, and the calls of npm. */
async function run(...args: string[]) {
  rmSync(join(folder, 'calls'), { force: true });
  const env = { PATH: `${join(folder, 'bin')}:${process.env.PATH}` };
  const { exitCode, stdout } = await execa('sh', [join(folder, 'scripts/run.sh'), ...args], {
    env,
    extendEnv: false,
    reject: false,
  });
  const calls = existsSync(join(folder, 'calls')) ? readFileSync(join(folder, 'calls'), 'utf8').split('\n').slice(0, -1) : [];
  return { code: exitCode, stdout, calls };
}

describe('a command in package.json', () => {
  it('installs missing packages once, and then runs with its arguments', async () => {
    const [root, infra] = ['install --prefix .', 'install --prefix infra'];
    expect(await run('echo', 'one', 'two three')).toEqual({ code: 0, stdout: 'one two three', calls: [root] });
    expect(await run('echo', 'one')).toEqual({ code: 0, stdout: 'one', calls: [] });
    expect(await run('--infra', 'echo', 'one')).toEqual({ code: 0, stdout: 'one', calls: [infra] });
    expect(await run('--infra', 'echo', 'one')).toEqual({ code: 0, stdout: 'one', calls: [] });
  });

  it('installs the packages again after package-lock.json has changed, but not to show its help', async () => {
    await run('true');
    utimesSync(installed(), 1_000, 1_000);
    for (const flag of ['--help', '-h'])
      expect(await run('sh', '-c', 'echo "$1"', 'sh', flag)).toEqual({ code: 0, stdout: flag, calls: [] });
    expect((await run('true')).calls).toHaveLength(1);
    expect((await run('true')).calls).toEqual([]);
  });

  it('does not run if the packages cannot be installed, and tries to install them again the next time', async () => {
    stubNpm('mkdir -p "$3/node_modules"; exit 7');
    expect(await run('echo', 'one')).toMatchObject({ code: 7, stdout: '' });
    expect(await run('echo', 'one')).toMatchObject({ code: 7, stdout: '', calls: [expect.any(String)] });
  });

  it("exits with the command's exit status", async () => {
    expect((await run('sh', '-c', 'exit 42')).code).toBe(42);
  });
});
