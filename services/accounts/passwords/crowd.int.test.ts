import { setTimeout as pause } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { testAccounts } from '../../../scripts/testing/accounts.ts';
import { bearer, from, person, request, signedIn, signUp } from '../../../scripts/testing/people.ts';
import { db } from '../../../scripts/testing/stores.ts';
import { createHashQueue, hashLimits } from './hash-queue.ts';
import { createPasswords } from './passwords.ts';

const crowd = 2_000;
/** Real passwords, as in main.ts. */
const real = { passwords: createPasswords(), hashQueue: createHashQueue(hashLimits(1)) };

it('2,000 sign-ins at the same time: a few wait, all others are refused at once, and everything else goes on', async () => {
  const accounts = await testAccounts(db);
  const [someone, visitor] = [await signUp(accounts), await signedIn(accounts)];
  const { app } = await testAccounts(db, real);
  const begunMs = performance.now();
  const secondsNow = () => (performance.now() - begunMs) / 1_000;
  const answers = Array.from({ length: crowd }, async (_, at) => {
    const given = request('POST', '/sign-ins', { ...person() }, from(`10.9.${at >> 8}.${at & 255}`));
    const { statusCode, headers } = await app.inject(given);
    return { status: statusCode, retryAfter: headers['retry-after'], seconds: secondsNow() };
  });
  // A client that does as the answers say, from an address of its own.
  const patient = (async () => {
    for (let tries = 1; ; tries++) {
      const { statusCode, headers } = await app.inject(request('POST', '/sign-ins', someone, from('10.8.0.1')));
      if (statusCode !== 503) return { status: statusCode, tries, seconds: secondsNow() };
      await pause(Number(headers['retry-after']) * 1_000);
    }
  })();
  // The refusals are answered first.
  while (real.hashQueue.use().refused < crowd - 41) await pause(1);
  const others: number[] = [];
  while (real.hashQueue.use().waiting > 0) {
    const startedMs = performance.now();
    const { statusCode } = await app.inject(request('GET', '/me', undefined, bearer(visitor.accessToken)));
    expect(statusCode).toBe(200);
    others.push(performance.now() - startedMs);
  }
  const all = await Promise.all(answers);
  const byStatus = Object.groupBy(all, ({ status }) => String(status));
  expect(Object.keys(byStatus).sort()).toEqual(['401', '503']);
  expect(byStatus['401']?.length).toBeLessThanOrEqual(41);
  expect(byStatus['503']?.every(({ retryAfter }) => retryAfter === '1')).toBe(true);
  const signedInAfter = await patient;
  expect(signedInAfter.status).toBe(200);
  const last = (list: { seconds: number }[] = []) => Math.max(...list.map(({ seconds }) => seconds)).toFixed(2);
  const slowest = Math.max(0, ...others).toFixed(1);
  // biome-ignore lint/suspicious/noConsole: the figures that the test measures
  console.log(
    `refused after at most ${last(byStatus['503'])} s, tried after ${last(byStatus['401'])} s; ` +
      `signed in after ${signedInAfter.tries} tries, ${signedInAfter.seconds.toFixed(2)} s; ` +
      `${others.length} other requests meanwhile, the slowest took ${slowest} ms`,
  );
});
