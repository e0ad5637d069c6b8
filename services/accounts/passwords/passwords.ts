import { argon2, randomBytes, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import { type Argon2Cost, parsePhc, phcText } from './phc.ts';

export type Passwords = ReturnType<typeof createPasswords>;

/** OWASP's first choice for argon2id: 19 MiB, 2 passes (Password Storage Cheat Sheet). About 45 ms of one core. */
export const defaultCost: Argon2Cost = { memoryKib: 19_456, passes: 2, parallelism: 1 };

const saltBytes = 16;
const digestBytes = 32;

const run = promisify(argon2);

/**
 * Hashes and checks passwords with argon2id. Every call costs one run, in libuv's thread pool; callers bound how many run at a time
 * (hash-queue.ts). `onRun` gets the duration of each run in seconds.
 */
export function createPasswords({
  cost = defaultCost,
  onRun = () => {},
}: {
  cost?: Argon2Cost;
  onRun?: (seconds: number) => void;
} = {}) {
  /** Of no password: what a wrong address is checked against, so that it takes as long as a known one. */
  const nobody = phcText({ ...cost, salt: randomBytes(saltBytes), digest: randomBytes(digestBytes) });

  return {
    /** Returns a new hash as a PHC string. */
    async hash(password: string): Promise<string> {
      const salt = randomBytes(saltBytes);
      return phcText({ ...cost, salt, digest: await derive(password, salt, cost) });
    },

    /**
     * Whether a password is the one that `stored`, a PHC string, is of. Without a stored hash it is false after the same work.
     * `isOutdated`: the hash cost less than it should now.
     */
    async check(password: string, stored: string | null | undefined): Promise<{ isRight: boolean; isOutdated: boolean }> {
      const { salt, digest, ...its } = parsePhc(stored ?? nobody);
      const theirs = await derive(password, salt, its, digest.length);
      const isRight = timingSafeEqual(theirs, digest) && typeof stored === 'string';
      return { isRight, isOutdated: its.memoryKib < cost.memoryKib || its.passes < cost.passes };
    },
  };

  async function derive(password: string, nonce: Buffer, { memoryKib, passes, parallelism }: Argon2Cost, length = digestBytes) {
    const startedMs = performance.now();
    const parameters = { nonce, parallelism, tagLength: length, memory: memoryKib, passes };
    const digest = await run('argon2id', { message: normalised(password), ...parameters });
    onRun((performance.now() - startedMs) / 1_000);
    return digest;
  }
}

/** The same characters may be typed in several ways (RFC 8265, OpaqueString). */
const normalised = (password: string) => password.normalize('NFC');
