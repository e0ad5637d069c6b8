import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { createHashQueue } from './hash-queue.ts';
import { faultOfPassword } from './password-rules.ts';
import { createPasswords, defaultCost } from './passwords.ts';
import { parsePhc, phcText } from './phc.ts';

const cheap = { memoryKib: 8, passes: 1, parallelism: 1 };

describe('a stored hash', () => {
  it('is a PHC string with its parameters', async () => {
    expect(await createPasswords({ cost: cheap }).hash('a password')).toMatch(
      /^\$argon2id\$v=19\$m=8,t=1,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/,
    );
    expect(defaultCost).toEqual({ memoryKib: 19_456, passes: 2, parallelism: 1 });
  });

  it('is read as it was written', () => {
    const bytes = fc.uint8Array({ minLength: 8, maxLength: 40 }).map((array) => Buffer.from(array));
    const cost = fc.integer({ min: 1, max: 1_000_000 });
    fc.assert(
      fc.property(cost, cost, cost, bytes, bytes, (memoryKib, passes, parallelism, salt, digest) => {
        const hash = { memoryKib, passes, parallelism, salt, digest };
        expect(parsePhc(phcText(hash))).toEqual(hash);
      }),
    );
  });

  it('of another program is accepted: a known answer of the reference implementation (argon2 0.7, "password", "somesalt")', async () => {
    const known = '$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc';
    const passwords = createPasswords({ cost: cheap });
    expect(await passwords.check('password', known)).toEqual({ isRight: true, isOutdated: false });
    expect(await passwords.check('Password', known)).toEqual({ isRight: false, isOutdated: false });
  }, 60_000);

  it('that is no PHC string of argon2id is an error, not a wrong password', async () => {
    await expect(createPasswords({ cost: cheap }).check('x', '$2b$10$abc')).rejects.toThrow('not a PHC string');
  });
});

describe('checking a password', () => {
  it('is right for the same characters, however they were typed', async () => {
    const passwords = createPasswords({ cost: cheap });
    const stored = await passwords.hash('Zoë’s password'.normalize('NFC'));
    expect(await passwords.check('Zoë’s password'.normalize('NFD'), stored)).toMatchObject({ isRight: true });
  });

  it('without a stored hash takes a run of the same cost, and is false for every password', async () => {
    const runs: number[] = [];
    const passwords = createPasswords({ cost: cheap, onRun: (seconds) => void runs.push(seconds) });
    for (const stored of [undefined, null]) {
      expect(await passwords.check('a password', stored)).toEqual({ isRight: false, isOutdated: false });
    }
    expect(runs).toHaveLength(2);
  });

  it('says whether the hash costs less than new ones do', async () => {
    const stored = await createPasswords({ cost: cheap }).hash('a password');
    const dearer = createPasswords({ cost: { ...cheap, passes: 2 } });
    expect(await dearer.check('a password', stored)).toEqual({ isRight: true, isOutdated: true });
    expect(await dearer.check('a password', await dearer.hash('a password'))).toEqual({ isRight: true, isOutdated: false });
  });
});

describe('the rules for passwords', () => {
  const email = 'ana.novak@shop.example';
  it.each([
    ['correct horse', undefined],
    ['ten chars!', undefined],
    ['ßßßßßé日本語😀', undefined],
    ['nine char', 'must be 10 to 128 characters'],
    ['😀'.repeat(9), 'must be 10 to 128 characters'],
    [`${'x1y2'.repeat(32)}z`, 'must be 10 to 128 characters'],
    ['Ana.Novak@shop.example', 'must not be the e-mail address'],
    ['QWERTYUIOP', 'must not be among the most common passwords'],
    ['1212121212121', 'must not be among the most common passwords'],
    [`ten chars!${'\uD800'}`, 'must be well-formed Unicode'],
  ])('%j: %s', (password, fault) => {
    expect(faultOfPassword(password, email)).toBe(fault);
  });
});

describe('the queue of passwords', () => {
  const limits = { running: 2, waiting: 3, waitMs: 60_000, perClient: 4 };

  /** Work that ends when it is told to. */
  function blocked() {
    const gates: (() => void)[] = [];
    const work = () => new Promise<string>((resolve) => gates.push(() => resolve('done')));
    return { gates, work };
  }

  it('runs a few at a time, lets a few wait, and refuses all others immediately', async () => {
    const queue = createHashQueue(limits);
    const { gates, work } = blocked();
    const all = Array.from({ length: 2_000 }, (_, at) => queue.run(`client ${at}`, work).catch((error: Error) => error.message));
    await Promise.all(all.slice(5));
    expect(queue.use()).toEqual({ running: 2, waiting: 3, refused: 1_995 });
    expect(gates).toHaveLength(2);
    while (queue.use().running > 0) {
      gates.shift()?.();
      await new Promise(setImmediate);
    }
    expect(await Promise.all(all.slice(0, 5))).toEqual(Array(5).fill('done'));
    expect(await Promise.all(all.slice(5, 7))).toEqual(Array(2).fill('Too many requests are waiting; nothing was promised'));
    expect(queue.use()).toMatchObject({ running: 0, waiting: 0 });
  });

  it('gives one client only some of the places, so that others find one', async () => {
    const queue = createHashQueue({ ...limits, running: 1, waiting: 10, perClient: 3 });
    const { gates, work } = blocked();
    const greedy = Array.from({ length: 50 }, () => queue.run('greedy', work).catch(() => 'refused'));
    const modest = queue.run('modest', work);
    expect(queue.use()).toEqual({ running: 1, waiting: 3, refused: 47 });
    while (queue.use().running > 0) {
      gates.shift()?.();
      await new Promise(setImmediate);
    }
    expect(await modest).toBe('done');
    expect((await Promise.all(greedy)).filter((one) => one === 'done')).toHaveLength(3);
    expect(await queue.run('greedy', async () => 'again')).toBe('again');
  });

  it('lets less wait while the work takes longer, so that nobody waits for long', async () => {
    const queue = createHashQueue({ running: 1, waiting: 1_000, waitMs: 2_000, perClient: 1_000 });
    const outcomes: string[] = [];
    const { gates, work } = blocked();
    const end = async () => {
      gates.shift()?.();
      await new Promise(setImmediate);
    };
    const wait = () => {
      for (let at = 0; at < 100; at++)
        void queue.run('a', work).then(
          () => outcomes.push('done'),
          () => outcomes.push('refused'),
        );
    };
    wait();
    expect(queue.use().waiting).toBe(40);
    // Half a second each, by a clock that jumps.
    let nowMs = performance.now();
    vi.spyOn(performance, 'now').mockImplementation(() => nowMs);
    while (queue.use().running > 0) {
      nowMs += 500;
      await end();
    }
    // The first, and those that had not waited for more than two seconds when their turn came.
    expect([4, 5]).toContain(outcomes.filter((one) => one === 'done').length);
    wait();
    expect(queue.use().waiting).toBeLessThan(20);
    while (queue.use().running > 0) await end();
  });

  it('goes on after work that failed', async () => {
    const queue = createHashQueue({ ...limits, running: 1, waiting: 1 });
    await expect(queue.run('a', () => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
    expect(await queue.run('a', async () => 'next')).toBe('next');
    expect(queue.use()).toEqual({ running: 0, waiting: 0, refused: 0 });
  });
});
