import { globSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { findBinary, run } from '../local/binaries.ts';

const root = join(import.meta.dirname, '../..');
const shellcheck = await findBinary('shellcheck');

// Skipped if shellcheck is not installed; CI installs it.
it.runIf(shellcheck)('shellcheck finds nothing in any shell script', async () => {
  const scripts = ['.ci/run', ...globSync('scripts/**/*.sh', { cwd: root })];
  expect(scripts.length).toBeGreaterThan(2);
  const checked = await run(shellcheck as string, ['--external-sources', ...scripts], { cwd: root }).catch((error) => error);
  expect(checked.stdout).toBe('');
});
