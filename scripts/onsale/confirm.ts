import { createInterface } from 'node:readline/promises';

/** Asks at the terminal; anything but yes is no. Throws if nobody is there. */
export async function confirm(question: string): Promise<boolean> {
  if (!process.stdin.isTTY)
    throw new Error(`${question} Nothing was done: there is no terminal to ask at. Repeat it with --yes.`);
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^y(es)?$/i.test((await terminal.question(`${question} [y/N] `)).trim());
  } finally {
    terminal.close();
  }
}
