import { createInterface } from 'node:readline/promises';

/** Asks a question at the terminal; any answer but "y" or "yes" means no. Throws if standard input is not a terminal. */
export async function confirm(question: string): Promise<boolean> {
  if (!process.stdin.isTTY)
    throw new Error(`${question} Nothing was changed: there is no terminal to ask at. To agree, run this again with --yes.`);
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^y(es)?$/i.test((await terminal.question(`${question} [y/N] `)).trim());
  } finally {
    terminal.close();
  }
}
