/** The cost of argon2id (RFC 9106). */
export type Argon2Cost = { memoryKib: number; passes: number; parallelism: number };

/** A password's hash with all that is needed to check it. */
export type Argon2Hash = Argon2Cost & { salt: Buffer; digest: Buffer };

const form = /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/;

/** A PHC string (https://github.com/P-H-C/phc-string-format): `$argon2id$v=19$m=19456,t=2,p=1$salt$digest`. */
export const phcText = ({ memoryKib, passes, parallelism, salt, digest }: Argon2Hash): string =>
  `$argon2id$v=19$m=${memoryKib},t=${passes},p=${parallelism}$${unpadded(salt)}$${unpadded(digest)}`;

/** Reads a PHC string. Throws if it is not one of argon2id, version 19. */
export function parsePhc(text: string): Argon2Hash {
  const [, memoryKib, passes, parallelism, salt = '', digest = ''] = form.exec(text) ?? [];
  if (digest === '') throw new Error('A stored password hash is not a PHC string of argon2id');
  return {
    memoryKib: Number(memoryKib),
    passes: Number(passes),
    parallelism: Number(parallelism),
    salt: Buffer.from(salt, 'base64'),
    digest: Buffer.from(digest, 'base64'),
  };
}

const unpadded = (bytes: Buffer) => bytes.toString('base64').replaceAll('=', '');
