import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** Asks the person at the terminal, and resolves when they press Enter or close the input. */
export async function untilEnter(question: string): Promise<void> {
  process.stdout.write(`${question} `);
  // Without an output it leaves the terminal's mode alone, so that Ctrl-C stays a signal.
  const lines = createInterface({ input: process.stdin });
  const either = new AbortController();
  await Promise.race([once(lines, 'line', either), once(lines, 'close', either)]);
  either.abort();
  lines.close();
}
