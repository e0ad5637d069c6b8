import { mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { findBinary } from './find-binary.ts';

const env = { DEBIAN_FRONTEND: 'noninteractive' };
const apt = (...args: string[]) => execa('apt-get', ['-o', 'DPkg::Lock::Timeout=120', ...args], { env });

let lists: Promise<unknown> | undefined;
/** Once per process. */
const updateLists = () => (lists ??= apt('update'));

const isRoot = () => process.getuid?.() === 0;

/** Installs Debian packages if run by root on Debian. Returns whether it did. Rejects if apt-get fails. */
export async function installPackages(packages: string[], say: (line: string) => void): Promise<boolean> {
  if (!isRoot() || !(await findBinary('apt-get'))) return false;
  say(`Installing ${packages.join(', ')} (once) …`);
  await updateLists();
  await apt('install', '--yes', '--no-install-recommends', ...packages);
  return true;
}

/**
 * Unpacks a Debian package into `folder`, because its installation would start a service. As root, it also installs the packages
 * that this one depends on, except those in `without`. Returns whether it did.
 */
export async function unpackPackage(
  name: string,
  { folder, without }: { folder: string; without: string[] },
  say: (line: string) => void,
): Promise<boolean> {
  if (!(await findBinary('apt-get'))) return false;
  say(`Unpacking Debian's ${name} into ${folder} (once) …`);
  await mkdir(dirname(folder), { recursive: true });
  // Under another name until it is complete. If two commands do this together, the first one's stays.
  const unfinished = await mkdtemp(`${folder}.unfinished-`);
  try {
    if (isRoot()) await updateLists();
    await execa('apt-get', ['download', name], { cwd: unfinished });
    const file = join(unfinished, (await readdir(unfinished)).find((entry) => entry.endsWith('.deb')) ?? '');
    if (isRoot()) await installDependencies(file, without);
    await execa('dpkg-deb', ['--extract', file, join(unfinished, 'root')]);
    await rename(join(unfinished, 'root'), folder).catch(() => {});
    return true;
  } catch (error) {
    if (isRoot()) throw error;
    return false;
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
}

async function installDependencies(file: string, without: string[]): Promise<void> {
  const { stdout } = await execa('dpkg-deb', ['--field', file, 'Depends']);
  const needed = stdout.split(',').filter((clause) => !without.includes(clause.trim().split(/[\s:]/)[0] ?? ''));
  await apt('satisfy', '--yes', '--no-install-recommends', needed.join(','));
}
