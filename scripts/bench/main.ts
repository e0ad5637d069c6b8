import { mkdirSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { Argument } from 'commander';
import { stopWith } from '../local/stop.ts';
import { newCommand } from '../terminal/command.ts';
import { describeCommit } from './commit.ts';
import { type PartName, parts } from './parts.ts';
import { type Report, tableOf } from './report.ts';

const local = join(import.meta.dirname, '../../.local');

const command = newCommand(
  'bench',
  'Measures speed as ratios, running both sides of each in turns. Starts stores of its own. All parts take about twelve minutes.',
)
  .addArgument(new Argument('[part...]', 'run only these parts').choices(Object.keys(parts)))
  .addHelpText(
    'after',
    `\nParts:\n${Object.entries(parts)
      .map(([name, about]) => `  ${name}  ${about}`)
      .join('\n')}`,
  )
  .parse();
const [wanted = []] = command.processedArgs as [string[] | undefined];

const resources = new AsyncDisposableStack();
const { stop, isStopping, say } = stopWith(resources, {
  exitCode: 130,
  onSignal: () => say('Interrupted without a result; stopping the stores.'),
});

try {
  await run();
  await stop(0);
} catch (error) {
  if (!isStopping()) {
    console.error(`The run failed without a result: ${(error as Error).message}`);
    await stop(1);
  }
}

async function run(): Promise<void> {
  const startedAt = new Date();
  // Loaded only now, so that --help and mistakes in the arguments are answered immediately.
  const { describeMachine } = await import('../local/machine.ts');
  const { measures } = await import('./measures.ts');
  const { generatorCeiling } = await import('./parts/generator-ceiling.ts');
  const { startBench } = await import('./system.ts');
  say('Starting Redis, MySQL and the emulator …');
  const bench = await startBench(join(local, 'bench'), resources, say);
  const machine = { ...(await describeMachine(bench.urls)), ...(await describeCommit()) };
  const reports: Record<string, Report> = {};
  const names = (Object.keys(parts) as PartName[]).filter((name) => wanted.length === 0 || wanted.includes(name));
  const chosen = names.map((name) => [name, measures[name]] as const);
  for (const [name, measure] of [['generator', generatorCeiling] as const, ...chosen]) {
    const own = resources.use(new AsyncDisposableStack());
    const sayOfPart = (line: string) => say(`${String(secondsSince(startedAt)).padStart(4)} s  ${name}  ${line}`);
    reports[name] = await measure({ bench, resources: own, say: sayOfPart, earlier: reports });
    await own.disposeAsync();
  }
  console.log(`\n${tableOf(reports)}\n`);
  const folder = join(local, 'reports');
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `bench-${startedAt.toISOString().slice(0, 19).replaceAll(':', '-')}.json`);
  const seconds = secondsSince(startedAt);
  writeFileSync(file, `${JSON.stringify({ startedAt, seconds, machine, parts: reports }, undefined, 2)}\n`);
  console.log(`Took ${seconds} s. The figures of every round are in ${relative('.', file)}`);
}

function secondsSince(time: Date): number {
  return Math.round((Date.now() - time.getTime()) / 1_000);
}
