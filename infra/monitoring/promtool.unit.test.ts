import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { findBinary } from '../../scripts/local/find-binary.ts';

const promtool = await findBinary('promtool');

// Without promtool these tests run only in CI, which has it.
describe.skipIf(!promtool)('with promtool on the PATH', () => {
  it.each([
    { command: 'check rules alerts.yml', says: /SUCCESS: \d+ rules found/ },
    { command: 'check config prometheus.yml', says: /prometheus\.yml is valid/ },
    { command: 'test rules alerts.test.yml', says: /^ {2}SUCCESS$/m },
  ])('promtool $command succeeds', { timeout: 60_000 }, async ({ command, says }) => {
    const { stdout } = await execa(promtool as string, command.split(' '), { cwd: import.meta.dirname });
    expect(stdout).toMatch(says);
  });
});
