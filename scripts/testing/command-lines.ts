import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { execa } from 'execa';

const root = join(import.meta.dirname, '../..');

/** Not copied; the packages are linked instead. */
const leftOut = new Set(['node_modules', '.git', '.local', '.env', 'coverage', 'cdktf.out']);

/** The commands with which a shell script could do harm. */
const stubbed = ['npm', 'npx', 'apt-get', 'aws', 'curl', 'docker'];

/** A command may only read; anything else that it tries is refused, and the refusal shows in its output. */
const onlyReading = ['--permission', '--allow-fs-read=*', '--allow-addons', '--disable-warning=PERM0001'];
const refused = /ERR_ACCESS_DENIED|Access to this API has been restricted|ERR_NETWORK_REFUSED/;

type Outcome = {
  code: number;
  stdout: string;
  stderr: string;
  wasRefused: boolean;
  calls: string[];
  changed: string[];
};

/** Runs a shell command in a copy of the project. */
export type Sandbox = { run(line: string): Promise<Outcome> };

/**
 * A copy of the project, with the packages installed or like a fresh clone, in which a command may only read: it cannot write files,
 * start processes except through the shell, listen or connect. Commands such as `npm` only record their calls. Deleted with
 * `resources`.
 */
export function createSandbox(resources: AsyncDisposableStack, { isInstalled }: { isInstalled: boolean }): Sandbox {
  const folder = mkdtempSync(join(tmpdir(), 'onsale-commands-'));
  resources.defer(() => rmSync(folder, { recursive: true, force: true }));
  const project = join(folder, 'project');
  cpSync(root, project, {
    recursive: true,
    preserveTimestamps: true,
    filter: (path) => !leftOut.has(path.slice(path.lastIndexOf('/') + 1)),
  });
  if (isInstalled) {
    for (const at of ['', 'infra']) {
      symlinkSync(join(root, at, 'node_modules'), join(project, at, 'node_modules'));
      // npm may give both lock files the same time, and the copy's is rounded: it must not look newer than the packages.
      utimesSync(join(project, at, 'package-lock.json'), 0, 0);
    }
  }

  const stubs = join(folder, 'stubs');
  const calls = join(folder, 'calls');
  mkdirSync(stubs);
  for (const name of stubbed) {
    writeFileSync(join(stubs, name), `#!/bin/sh\nprintf '%s\\n' "${name} $*" >>${calls}\nexit 99\n`);
    chmodSync(join(stubs, name), 0o755);
  }
  const env = {
    PATH: [stubs, join(project, 'node_modules/.bin'), process.env.PATH].join(delimiter),
    HOME: folder,
    TMPDIR: folder,
    NODE_OPTIONS: [...onlyReading, `--import=${import.meta.resolve('./refuse-network.ts')}`].join(' '),
  };

  return {
    async run(line) {
      writeFileSync(calls, '');
      const before = stateOf(project);
      const { exitCode, stdout, stderr } = await execa('sh', ['-c', line], {
        cwd: project,
        env,
        extendEnv: false,
        reject: false,
      });
      return {
        code: exitCode ?? -1,
        stdout,
        stderr,
        wasRefused: refused.test(stdout + stderr),
        calls: readFileSync(calls, 'utf8').split('\n').slice(0, -1),
        changed: differences(before, stateOf(project)),
      };
    },
  };
}

/** When each file in a folder was last written; for packages, only the folder and npm's list of what is installed. */
function stateOf(folder: string): Map<string, number> {
  const state = new Map<string, number>();
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) for (const [below, at] of stateOf(path)) state.set(below, at);
    state.set(path, statSync(path).mtimeMs);
    if (entry.isSymbolicLink()) state.set(join(path, '.package-lock.json'), statSync(join(path, '.package-lock.json')).mtimeMs);
  }
  return state;
}

const differences = (before: Map<string, number>, after: Map<string, number>) =>
  [...new Set([...before.keys(), ...after.keys()])].filter((path) => before.get(path) !== after.get(path));
