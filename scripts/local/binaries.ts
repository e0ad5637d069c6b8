import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';

/** Runs a program to its end; rejects with its output if it fails. */
export const run = promisify(execFile);

/** Folders of servers that may be missing from the PATH: Debian keeps some of them out of an ordinary user's. */
const serverFolders = ['/usr/local/sbin', '/usr/sbin', '/opt/homebrew/bin'];

/** A program by one of its names, from the first folder that has one, or undefined. */
export async function findBinary(...names: string[]): Promise<string | undefined> {
  const folders = [...(process.env.PATH ?? '').split(delimiter), ...serverFolders];
  for (const folder of folders) {
    for (const name of names) {
      const path = join(folder, name);
      if (await isExecutable(path)) return path;
    }
  }
  return undefined;
}

export const isExecutable = (path: string): Promise<boolean> =>
  access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
