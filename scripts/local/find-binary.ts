import { delimiter } from 'node:path';
import which from 'which';

/** Folders of servers that may be missing from the PATH: Debian keeps some of them out of an ordinary user's. */
const serverFolders = ['/usr/local/sbin', '/usr/sbin', '/opt/homebrew/bin'];

/** A program by one of its names, from the first folder that has one, or undefined. */
export async function findBinary(...names: string[]): Promise<string | undefined> {
  for (const folder of [...(process.env.PATH ?? '').split(delimiter), ...serverFolders]) {
    for (const name of names) {
      const path = await which(name, { path: folder, nothrow: true });
      if (path !== null) return path;
    }
  }
  return undefined;
}
