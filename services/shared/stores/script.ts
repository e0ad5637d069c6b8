import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import type { RedisClient } from './redis.ts';

/** `name` is the file name without `.lua`. */
export type Script = { name: string; sha: string; source: string };

/** A line that includes a module, by its path from the script. */
const includeLine = /^-- INCLUDE ([a-z./-]+\.lua)$/gm;

/**
 * Loads a script from its file. Each `-- INCLUDE path/of-module.lua` becomes a local table with the module's name, `of_module`: what the
 * module returns. Nothing else in a module is visible outside it.
 */
export function loadScript(file: URL): Script {
  const source = readFileSync(file, 'utf8');
  const whole = source.replace(includeLine, (_line, path: string) => {
    const name = basename(path, '.lua').replaceAll('-', '_');
    return `local ${name} = (function()\n${readFileSync(new URL(path, file), 'utf8')}end)()`;
  });
  return scriptOf(whole, basename(file.pathname, '.lua'));
}

export function scriptOf(source: string, name = 'script'): Script {
  return { name, source, sha: createHash('sha1').update(source).digest('hex') };
}

/** Runs a script by its digest. If Redis does not know it (because it is new or was restarted), sends the source. */
export async function runScript(redis: RedisClient, { sha, source }: Script, keys: string[], args: (string | number | Buffer)[]) {
  try {
    return await redis.evalsha(sha, keys.length, ...keys, ...args);
  } catch (error) {
    // The script has not run yet, so this is its first run.
    if (!(error as Error).message.startsWith('NOSCRIPT')) throw error;
    return await redis.eval(source, keys.length, ...keys, ...args);
  }
}
