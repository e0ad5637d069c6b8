import { mkdirSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { localFolder } from '../local/local-folder.ts';
import { stopWith } from '../local/stop.ts';
import { readOptions } from './options.ts';

const options = readOptions(process.argv.slice(2));
const folder = join(localFolder, 'chaos');
const resources = new AsyncDisposableStack();
let isKept = false;
resources.defer(() => {
  if (!isKept) rmSync(folder, { recursive: true, force: true });
});
const { stop, isStopping, say } = stopWith(resources, {
  exitCode: 130,
  onSignal: () => say(`Interrupted (seed ${options.seed}); stopping everything that was started.`),
});

try {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const { faults, buyers, seed, minutes } = options;
  say(`${faults} faults, ${buyers} buyers, seed ${seed}; no fault starts after ${minutes} minutes. Starting a separate system …`);
  // Loaded only now, so that --help and mistakes in the options are answered immediately.
  const { runChaos } = await import('./chaos.ts');
  const { reportOf, wasRight } = await import('./report.ts');
  const run = await runChaos(options, { folder, resources, say });
  say(reportOf(run));
  if (wasRight(run)) await stop(0);
  else await keepAndStop();
} catch (error) {
  if (!isStopping()) {
    say(`The run failed (seed ${options.seed}): ${(error as Error).message}`);
    await keepAndStop();
  }
}

async function keepAndStop(): Promise<void> {
  isKept = true;
  say(`Data and logs are kept in ${relative('.', folder)}/`);
  await stop(1);
}
