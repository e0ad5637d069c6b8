import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { execa } from 'execa';
import { peakMemory } from './processes.ts';
import type { Report } from './report.ts';
import type { Figures } from './rounds.ts';
import type { Bench } from './system.ts';

const command = join(import.meta.dirname, '../onsale/main.ts');
const lookMs = 100;

/** Measures how long `verify` and `rebuild` take for an event, run as an operator would, and their peak memory. */
export async function proveEvent(bench: Bench, eventId: string, say: (line: string) => void) {
  const verify = await run(bench, 'verify', [eventId]);
  say(`verify: ${verify.said}`);
  const rebuild = await run(bench, 'rebuild', [eventId, '--although-healthy']);
  say(`rebuild: ${rebuild.said}`);
  const again = await run(bench, 'verify', [eventId]);
  say(`verify: ${again.said}`);
  const rows: Report['rows'] = Object.entries({ verify, rebuild }).flatMap(([name, { figures }]) => [
    { what: `${name} of 1,000,000 tickets`, value: figures.seconds ?? Number.NaN, unit: 's' },
    { what: `${name}, peak memory (RSS)`, value: figures.mebibytes ?? Number.NaN, unit: 'MiB' },
  ]);
  return { rows, rounds: { verify: [verify.figures, again.figures], rebuild: [rebuild.figures] } };
}

/** Rejects if the command exits with an error. */
async function run(bench: Bench, word: string, words: string[]): Promise<{ said: string; figures: Figures }> {
  const startedAt = performance.now();
  const running = execa(process.execPath, [command, word, ...words], { env: bench.env });
  let isOver = false;
  let peakBytes = 0;
  const over = running.finally(() => {
    isOver = true;
  });
  while (!isOver) {
    peakBytes = Math.max(peakBytes, (await peakMemory())['onsale'] ?? 0);
    await Promise.race([over.catch(() => {}), pause(lookMs)]);
  }
  const { stdout } = await over;
  const seconds = (performance.now() - startedAt) / 1_000;
  return { said: stdout.split('\n').at(-1) ?? '', figures: { seconds, mebibytes: peakBytes / 1_048_576 } };
}
