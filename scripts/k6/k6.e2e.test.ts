import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findBinary } from '../local/find-binary.ts';
import { assertConserved } from '../testing/conservation.ts';
import { startTestSystem } from '../testing/local-system.ts';
import { openTestEvent, redis, seatedZone } from '../testing/stores.ts';

const k6 = await findBinary('k6');

const resources = new AsyncDisposableStack();
afterAll(() => resources.disposeAsync());

describe.skipIf(!k6)('with k6 on the PATH', () => {
  let base: string;
  beforeAll(async () => {
    ({ base } = await startTestSystem(resources));
  });

  it.each([
    {
      script: 'flash-sale',
      settings: { RATE: 100, DURATION: '2s' },
      sold: /promised +100 tickets.*\n +sold +100 in Redis, 100 in MySQL/,
    },
    { script: 'contention', settings: { BUYERS: 20 }, sold: /promised +1 tickets; 199 .*\n +sold +1 in Redis, 1 in MySQL/ },
    {
      script: 'browse-and-buy',
      settings: { DURATION: '3s', THINK: 0 },
      sold: /promised +(\d+) .*\n +sold +\1 in Redis, \1 in MySQL/,
    },
  ])('$script sells exactly what it was promised', async ({ script, settings, sold }) => {
    const { eventId } = await openTestEvent({ zones: [seatedZone(1, 10, 10)] });
    const variables = Object.entries({ ...settings, BASE_URL: base, EVENT_ID: eventId }).map(
      ([name, value]) => `${name}=${value}`,
    );
    const args = [
      'run',
      '--quiet',
      ...variables.flatMap((variable) => ['-e', variable]),
      join(import.meta.dirname, `${script}.js`),
    ];
    const { stdout } = await execa(k6 as string, args);
    expect(stdout).toMatch(sold);
    expect(stdout).not.toContain('FAILED');
    await assertConserved(redis, eventId);
  });
});
