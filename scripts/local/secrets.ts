import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** The secrets of a system whose data is in `folder`: the environment's, or random ones, kept there for their owner alone. */
export const secretsOf = (folder: string) => ({
  OPS_TOKEN: secretOf(folder, 'ops-token', process.env.OPS_TOKEN),
  ORDER_TOKEN_SECRET: secretOf(folder, 'order-token-secret', process.env.ORDER_TOKEN_SECRET),
  SERVICE_SECRET: secretOf(folder, 'service-secret', process.env.SERVICE_SECRET),
  ACCOUNTS_KEY_SECRET: secretOf(folder, 'accounts-key-secret', process.env.ACCOUNTS_KEY_SECRET),
});

/** The secret in a file of `folder`, which is made if it does not exist, unless it is given. */
export function secretOf(folder: string, name: string, given: string | undefined): string {
  if (given) return given;
  const file = join(folder, name);
  if (!existsSync(file)) {
    mkdirSync(folder, { recursive: true });
    writeFileSync(file, randomBytes(24).toString('base64url'), { mode: 0o600 });
  }
  return readFileSync(file, 'utf8');
}
