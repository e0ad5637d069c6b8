import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** The token of the operator's page: the environment's, or one that is made up once and kept in `folder` for its owner to read. */
export function opsTokenOf(folder: string): string {
  if (process.env.OPS_TOKEN) return process.env.OPS_TOKEN;
  const file = join(folder, 'ops-token');
  if (!existsSync(file)) {
    mkdirSync(folder, { recursive: true });
    writeFileSync(file, randomBytes(24).toString('base64url'), { mode: 0o600 });
  }
  return readFileSync(file, 'utf8');
}
