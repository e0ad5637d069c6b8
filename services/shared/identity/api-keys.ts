import { hash, timingSafeEqual } from 'node:crypto';
import { type Static, Type } from 'typebox';
import { Value } from 'typebox/value';
import { patterned } from '../basics/patterned.ts';
import { OrganiserId } from '../terms/identifiers.ts';
import type { Polled } from './poll.ts';
import { type ApiKey, planNames, scopes } from './principal.ts';

/** `onsale_<keyId>.<secret>`: the prefix lets scanners find keys that leaked; the id finds the key, and the secret proves it. */
const form = /^onsale_([A-Za-z0-9_-]{16})\.([A-Za-z0-9_-]{43})$/;
export const apiKeyPrefix = 'onsale_';

/** The digest by which the accounts service keeps a secret. It has 256 random bits, so that it needs no slow hash. */
export const digestOfSecret = (secret: string): string => hash('sha256', secret);

/** The live API keys of all organisers, as the accounts service serves them to other services. */
const KeyDirectory = Type.Object({
  keys: Type.Array(
    Type.Object({
      keyId: patterned('^[A-Za-z0-9_-]{16}$', 'must have 16 characters'),
      digest: patterned('^[0-9a-f]{64}$', 'must be a SHA-256 digest in hex'),
      organiserId: OrganiserId,
      scopes: Type.Array(Type.Enum([...scopes])),
      plan: Type.Enum([...planNames]),
      expiresOn: Type.Optional(Type.String()),
    }),
  ),
});

type Entry = { principal: ApiKey; digest: Buffer; untilMs: number };
export type KeysById = ReadonlyMap<string, Entry>;

/** Throws if the document is not a directory of keys. */
export function parseKeyDirectory(json: unknown): KeysById {
  const { keys } = Value.Parse(KeyDirectory, json) as Static<typeof KeyDirectory>;
  return new Map(
    keys.map(({ digest, expiresOn, ...key }) => [
      key.keyId,
      {
        principal: Object.freeze({ kind: 'key', ...key }),
        digest: Buffer.from(digest, 'hex'),
        untilMs: expiresOn === undefined ? Number.POSITIVE_INFINITY : Date.parse(expiresOn),
      },
    ]),
  );
}

/** Whether a text has the form of an API key, but its id is not in the directory: the key may have been created since. */
export function isNewTo(keys: KeysById, token: string): boolean {
  const keyId = form.exec(token)?.[1];
  return keyId !== undefined && !keys.has(keyId);
}

/** Checks API keys against the directory as it last was: a key is refused once the directory no longer has it. Notes their use. */
export function createApiKeyCheck(options: { directory: Polled<KeysById>; noteUse: (keyId: string) => void; now: () => number }) {
  const { directory, noteUse, now } = options;
  return (token: string): ApiKey | 'wrong' | 'unknown' => {
    const [, keyId = '', secret = ''] = form.exec(token) ?? [];
    const known = directory.current();
    if (!known) return 'unknown';
    const entry = known.get(keyId);
    const digest = hash('sha256', secret, 'buffer');
    if (!entry || !timingSafeEqual(digest, entry.digest) || entry.untilMs <= now()) return 'wrong';
    noteUse(keyId);
    return entry.principal;
  };
}
