import { globSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, it } from 'vitest';
import { findBinary } from '../local/find-binary.ts';

const root = join(import.meta.dirname, '../..');
const shellcheck = await findBinary('shellcheck');

// Skipped if shellcheck is not installed; CI installs it.
it.runIf(shellcheck)('shellcheck finds nothing in any shell script', { timeout: 60_000 }, async () => {
  const scripts = ['.ci/run', ...globSync('scripts/**/*.sh', { cwd: root })];
  expect(scripts.length).toBeGreaterThan(2);
  const checked = await execa(shellcheck as string, ['--external-sources', ...scripts], { cwd: root, reject: false });
  expect(checked.stdout).toBe('');
});
