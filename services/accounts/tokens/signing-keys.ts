import { createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { calculateJwkThumbprint, type JWK } from 'jose';
import { type Database, isDuplicate } from '../../shared/stores/database.ts';
import { createSeal } from './seal.ts';

/** A key that this process may sign with. */
export type SigningKey = { kid: string; privateKey: KeyObject };

export type SigningKeys = ReturnType<typeof createSigningKeys>;

const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;

/** How long a key signs before the next one does. */
export const signsForMs = 30 * dayMs;
/**
 * How long a key is published before it signs, and after it stopped. Longer than the time in which every verifier reads the keys again,
 * and than a token lasts; the rest is for processes whose keys were read a while ago, and for clocks that differ.
 */
export const overlapMs = 15 * minuteMs;
/** Keys are read again after this long. */
const freshMs = 30_000;
/** While MySQL is away, a process goes on with keys that it read at most this long ago: less than `overlapMs` minus a token's life. */
const usableMs = 4 * minuteMs;

type Key = {
  number: number;
  kid: string;
  publicKey: JWK;
  privateKey: KeyObject | undefined;
  createdMs: number;
  signsFromMs: number;
};

/**
 * The Ed25519 keys that sign access tokens. They are in MySQL, the private parts encrypted with `keySecret`. A process that finds the
 * newest key old makes the next one; the table's primary key lets only one process do so, and there is no lock that a dead process
 * could keep. Keys that were sealed with another secret are published, but not signed with: a new secret starts a new key.
 */
export function createSigningKeys(options: { db: Database; keySecret: string; clock?: () => number }) {
  const { db, keySecret, clock = Date.now } = options;
  const { seal, open } = createSeal(keySecret, 'signing keys');
  let known: { keys: Key[]; readAtMs: number } | undefined;
  let reading: Promise<Key[]> | undefined;

  return {
    /** The key to sign with now. Rejects with MySQL's error if it is away for longer than keys may be kept. */
    async signing(): Promise<SigningKey> {
      const keys = await recentKeys(usableMs);
      const { kid, privateKey } =
        signingKeyOf(keys, clock()) ?? (await readKeys().then((read) => signingKeyOf(read, clock()))) ?? {};
      if (kid === undefined || privateKey === undefined) throw new Error('There is no key to sign with');
      return { kid, privateKey };
    },

    /** The public keys that verify tokens now, newest first (RFC 7517). While MySQL is away, those that it had last. */
    async published(): Promise<{ keys: JWK[] }> {
      const keys = publishedAt(await recentKeys(Number.POSITIVE_INFINITY), clock());
      return { keys: keys.map(({ kid, publicKey }) => ({ ...publicKey, kid, alg: 'EdDSA', use: 'sig' })) };
    },
  };

  /** Keys that were read just now or, while MySQL is away, at most `oldestMs` ago. */
  async function recentKeys(oldestMs: number): Promise<Key[]> {
    const ageMs = known ? clock() - known.readAtMs : Number.POSITIVE_INFINITY;
    if (known && ageMs < freshMs) return known.keys;
    try {
      return await readKeys();
    } catch (error) {
      if (known && ageMs < oldestMs) return known.keys;
      throw error;
    }
  }

  function readKeys(): Promise<Key[]> {
    reading ??= readAndRotate().finally(() => {
      reading = undefined;
    });
    return reading;
  }

  /** Concurrent callers share this. */
  async function readAndRotate(): Promise<Key[]> {
    const nowMs = clock();
    let keys = await selectKeys();
    const signsFromMs = nextStart(keys, nowMs);
    if (signsFromMs !== undefined) {
      await insertKey((keys[0]?.number ?? 0) + 1, nowMs, signsFromMs);
      keys = await selectKeys();
    }
    await deleteOld(keys, nowMs);
    known = { keys, readAtMs: nowMs };
    return keys;
  }

  async function selectKeys(): Promise<Key[]> {
    const rows = await db.selectFrom('signing_keys').selectAll().orderBy('number', 'desc').execute();
    return rows.map(({ number, kid, public_key, private_key, created_on, signs_from }) => ({
      number,
      kid,
      publicKey: JSON.parse(public_key),
      privateKey: openKey(private_key, kid),
      createdMs: created_on.getTime(),
      signsFromMs: signs_from.getTime(),
    }));
  }

  function openKey(sealed: Buffer, kid: string): KeyObject | undefined {
    const key = open(sealed, kid);
    return key && createPrivateKey({ key, format: 'der', type: 'pkcs8' });
  }

  /** Does nothing if another process was first. */
  async function insertKey(number: number, nowMs: number, signsFromMs: number): Promise<void> {
    const { publicKey, privateKey } = generateKeyPairSync('ed25519');
    const jwk = publicKey.export({ format: 'jwk' });
    const kid = await calculateJwkThumbprint(jwk as JWK);
    const der = privateKey.export({ format: 'der', type: 'pkcs8' });
    const row = {
      number,
      kid,
      public_key: JSON.stringify(jwk),
      private_key: seal(der, kid),
      created_on: new Date(nowMs),
      signs_from: new Date(signsFromMs),
    };
    try {
      await db.insertInto('signing_keys').values(row).execute();
    } catch (error) {
      if (!isDuplicate(error)) throw error;
    }
  }

  async function deleteOld(keys: Key[], nowMs: number): Promise<void> {
    const published = publishedAt(keys, nowMs);
    const oldest = published.at(-1);
    if (oldest && published.length < keys.length)
      await db.deleteFrom('signing_keys').where('number', '<', oldest.number).execute();
  }
}

/** When the next key is to sign, if it is time to make it: usually `overlapMs` from now, but now if there is nothing to sign with. */
function nextStart(keys: Key[], nowMs: number): number | undefined {
  if (signingKeyOf(keys, nowMs) === undefined) return nowMs;
  const newest = keys[0] as Key;
  return nowMs >= newest.signsFromMs + signsForMs - overlapMs ? nowMs + overlapMs : undefined;
}

/** The newest published key that has begun to sign, and that this process can open. `keys`: newest first. */
function signingKeyOf(keys: Key[], nowMs: number): Key | undefined {
  return publishedAt(keys, nowMs).find(({ privateKey, signsFromMs }) => privateKey !== undefined && signsFromMs <= nowMs);
}

/** A key is published until `overlapMs` after the next one has begun to sign. `keys`: newest first. */
function publishedAt(keys: Key[], nowMs: number): Key[] {
  return keys.filter((_, at) => at === 0 || nowMs < (keys[at - 1] as Key).signsFromMs + overlapMs);
}
