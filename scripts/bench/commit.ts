import { execa } from 'execa';

/** The measured commit, and whether the working tree differs from it; empty without git. */
export async function describeCommit(): Promise<{ commit?: string; changed?: boolean }> {
  const git = (...args: string[]) => execa('git', args, { cwd: import.meta.dirname }).then(({ stdout }) => stdout);
  try {
    return { commit: await git('rev-parse', 'HEAD'), changed: (await git('status', '--porcelain')) !== '' };
  } catch {
    return {};
  }
}
