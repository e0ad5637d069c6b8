import { mkdirSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { localFolder } from '../local/default-system.ts';
import { stopWith } from '../local/stop.ts';
import { runChaos } from './chaos.ts';
import { readOptions } from './options.ts';
import { reportOf, wasRight } from './report.ts';

const options = readOptions(process.argv.slice(2));
const folder = join(localFolder, 'chaos');
const say = (text: string) => console.log(text);
const resources = new AsyncDisposableStack();
let isKept = false;
resources.defer(() => {
  if (isKept) say(`Data and logs are kept in ${relative('.', folder)}/`);
  else rmSync(folder, { recursive: true, force: true });
});
const { stop, isStopping } = stopWith(resources, { exitCode: 130, say: () => {} });

try {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const { faults, buyers, seed, minutes } = options;
  say(`${faults} faults, ${buyers} buyers, seed ${seed}; no more faults after ${minutes} minutes. A system of its own starts …`);
  const run = await runChaos(options, { folder, resources, say });
  isKept = !wasRight(run);
  say(reportOf(run));
  await stop(isKept ? 1 : 0);
} catch (error) {
  if (!isStopping()) {
    isKept = true;
    say(`Seed ${options.seed}: ${(error as Error).message}`);
    await stop(1);
  }
}
