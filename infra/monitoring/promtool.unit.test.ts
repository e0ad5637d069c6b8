import { describe, expect, it } from 'vitest';
import { findBinary, run } from '../../scripts/local/binaries.ts';

const promtool = await findBinary('promtool');

// Without promtool these tests run only in CI, which has it.
describe.skipIf(!promtool)('with promtool on the PATH', () => {
  it.each([
    { command: 'check rules alerts.yml', says: /SUCCESS: \d+ rules found/ },
    { command: 'check config prometheus.yml', says: /prometheus\.yml is valid/ },
    { command: 'test rules alerts.test.yml', says: /^ {2}SUCCESS$/m },
  ])('promtool $command succeeds', { timeout: 60_000 }, async ({ command, says }) => {
    const checking = run(promtool as string, command.split(' '), { cwd: import.meta.dirname });
    const { stdout } = await checking.catch(({ stdout, stderr }) => expect.fail(`${stdout}\n${stderr}`));
    expect(stdout).toMatch(says);
  });
});
