import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** Prints a question, and resolves when the user presses Enter or closes the input. */
export async function untilEnter(question: string): Promise<void> {
  process.stdout.write(`${question} `);
  // Without an output, readline does not change the terminal's mode, so Ctrl-C still sends a signal.
  const lines = createInterface({ input: process.stdin });
  const either = new AbortController();
  await Promise.race([once(lines, 'line', either), once(lines, 'close', either)]);
  either.abort();
  lines.close();
}
