import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '../..');

/** A text that must occur exactly once in a file of services/, and its replacement. */
export type Patch = { file: string; from: string; to: string };

/**
 * Copies the services to a folder of this name in `folder`, which must be inside the repository so that packages are found, and patches them.
 * Returns the root to start them from. Throws if the patches no longer fit the code.
 */
export function copyWithPatches(folder: string, name: string, patches: Patch[]): string {
  const copy = join(folder, name);
  cpSync(join(root, 'services'), join(copy, 'services'), { recursive: true, filter: (path) => !path.endsWith('.test.ts') });
  for (const { file, from, to } of patches) {
    const path = join(copy, 'services', file);
    const source = readFileSync(path, 'utf8');
    if (source.split(from).length !== 2)
      throw new Error(`The control's patch no longer fits: services/${file} must contain this exactly once: ${from}`);
    writeFileSync(
      path,
      source.replace(from, () => to),
    );
  }
  return copy;
}
