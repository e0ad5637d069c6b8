import '../local/env-file.ts';
import { join, relative } from 'node:path';
import { localFolder, startDefaultSystem } from '../local/default-system.ts';
import { defaultPorts } from '../local/ports.ts';
import { stopWith } from '../local/stop.ts';
import { storeUrls } from '../local/stores.ts';
import { duplicatesTable } from './duplicates-table.ts';
import { flashSale } from './flash-sale.ts';
import { readOptions } from './options.ts';
import { rehearse } from './rehearse.ts';
import { createShow } from './show.ts';
import { isRunning, systemAt } from './system.ts';

const args = process.argv.slice(2);
const wanted = readOptions(args);
const show = createShow(process.stdout);
const resources = new AsyncDisposableStack();
const { stop, isStopping } = stopWith(resources, { exitCode: 130, say: show.status });

try {
  const system = systemAt(defaultPorts, storeUrls(defaultPorts));
  if (await isRunning(system)) {
    show.say('At the system that "npm start" runs.');
  } else {
    show.say('Nothing runs at the ports of "npm start": the same system is started for this, and stopped afterwards.');
    await startDefaultSystem({ resources, say: show.status });
  }
  // After the system, so that it goes before it.
  const crowd = new AbortController();
  resources.defer(() => crowd.abort());
  const stage = { system, show, signal: crowd.signal };
  await rehearse(stage, wanted.options);
  const name = `flash-sale-${new Date().toISOString().slice(0, 19).replaceAll(':', '-')}`;
  const reportFile = relative('.', join(localFolder, 'reports', `${name}.html`));
  const about = { reportFile, command: ['npm run flash-sale', ...(args.length > 0 ? ['--'] : []), ...args].join(' ') };
  const isRight =
    wanted.kind === 'table' ? await duplicatesTable(stage, wanted.options, about) : await flashSale(stage, wanted.options, about);
  await stop(isRight ? 0 : 1);
} catch (error) {
  if (!isStopping()) {
    show.say((error as Error).message);
    await stop(1);
  }
}
