import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { createSandbox } from './testing/command-lines.ts';

const root = join(import.meta.dirname, '..');
const resources = new AsyncDisposableStack();
afterAll(() => resources.disposeAsync());

const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: Record<string, string> };

/** npm runs a script's hooks before and after it, whatever its arguments. */
const isHook = (name: string) => /^(pre|post)/.test(name) && name.replace(/^(pre|post)/, '') in scripts;
const withHooks = (name: string) => [scripts[`pre${name}`], scripts[name]].filter((line) => line !== undefined).join(' && ');

const npmScripts = Object.keys(scripts).filter((name) => !isHook(name));
/** Programs in the folder that no npm script names. */
const lines = Object.values(scripts).join('\n');
const programs = globSync('{scripts/*.{ts,sh},scripts/*/main.ts,scripts/deploy/run-operation.sh,.ci/run}', { cwd: root }).filter(
  (file) => !file.includes('.test.') && !lines.includes(file),
);

/** Each command that a person can run, as a shell line to which arguments can be appended. */
const commands: [name: string, line: string][] = [
  ...npmScripts.map((name): [string, string] => [`npm run ${name}`, withHooks(name)]),
  ...programs.map((file): [string, string] => [file, file.endsWith('.ts') ? `node ${file}` : `./${file}`]),
];
/** Commands whose arguments are the names of tests to run. */
const takesNames = (line: string) => /\bvitest\b/.test(line) || line.endsWith('run.sh');

const installed = createSandbox(resources, { isInstalled: true });
const nothingDone = { wasRefused: false, calls: [], changed: [] };

describe.each(commands)('%s', { timeout: 300_000 }, (_name, line) => {
  it('shows its usage for --help, and does nothing else', async () => {
    const { stdout, stderr, ...outcome } = await installed.run(`${line} --help`);
    expect(outcome, stdout + stderr).toEqual({ code: 0, ...nothingDone });
    expect(stdout).toMatch(/usage:/i);
  });

  it('refuses an unknown option, and does nothing', async () => {
    const { stdout, stderr, code, ...outcome } = await installed.run(`${line} --nonsense`);
    expect(outcome, stdout + stderr).toEqual(nothingDone);
    expect(code, stdout).toBeGreaterThan(0);
    expect(stderr).toContain('--nonsense');
  });

  it.skipIf(takesNames(line))('refuses excess arguments, and does nothing', async () => {
    const { stdout, stderr, code, ...outcome } = await installed.run(`${line} one two three four`);
    expect(outcome, stdout + stderr).toEqual(nothingDone);
    expect(code, stdout).toBeGreaterThan(0);
    expect(stderr).toMatch(/argument|command|usage|part/i);
  });
});

describe('on a fresh clone', () => {
  const fresh = createSandbox(resources, { isInstalled: false });

  it.each(npmScripts)(
    'npm run %s --help says in one line that packages must be installed first, and installs nothing',
    async (name) => {
      const { code, stdout, stderr, ...outcome } = await fresh.run(`${withHooks(name)} --help`);
      expect(outcome, stdout + stderr).toEqual(nothingDone);
      expect(code).toBe(1);
      expect(stdout + stderr).toBe('The packages are not installed yet. Run this first: npm install --prefix .');
    },
  );
});
