import { run } from '../local/binaries.ts';

/** The commit that was measured, and whether files differ from it; nothing where there is no git. */
export async function describeCommit(): Promise<{ commit?: string; changed?: boolean }> {
  const git = (...args: string[]) => run('git', args, { cwd: import.meta.dirname }).then(({ stdout }) => stdout.trim());
  try {
    return { commit: await git('rev-parse', 'HEAD'), changed: (await git('status', '--porcelain')) !== '' };
  } catch {
    return {};
  }
}
