import '../local/env-file.ts';
import { join, relative } from 'node:path';
import { localFolder } from '../local/local-folder.ts';
import { defaultPorts } from '../local/ports.ts';
import { secretsOf } from '../local/secrets.ts';
import { stopWith } from '../local/stop.ts';
import { storeUrls } from '../local/store-urls.ts';
import { untilEnter } from '../terminal/enter.ts';
import { readOptions } from './options.ts';
import { createShow } from './show.ts';
import { assertHealthy, explainFailure, isRunning, opsLink, systemAt } from './system.ts';

const args = process.argv.slice(2);
const wanted = readOptions(args);
const isWatched = wanted.isWatched && process.stdin.isTTY && process.stdout.isTTY;
const show = createShow(process.stdout, () => isStopping());
const resources = new AsyncDisposableStack();
let isOwnSystem = false;
const { stop, isStopping } = stopWith(resources, {
  exitCode: 130,
  onSignal: () =>
    show.say(
      isOwnSystem
        ? 'Stopping the sale and the system that was started for it. Its data stays in .local/'
        : 'The sale was interrupted. The system that "npm start" runs keeps running.',
    ),
});

const system = systemAt(defaultPorts, storeUrls(defaultPorts));
let isUp = false;
try {
  if (await isRunning(system)) {
    show.say('Using the system that "npm start" runs.');
  } else {
    show.say('"npm start" is not running. Starting a system for this sale, which will be stopped afterwards.');
    isOwnSystem = true;
    const { startDefaultSystem } = await import('../local/default-system.ts');
    await startDefaultSystem({ resources, say: show.status, others: false });
  }
  await assertHealthy(system);
  isUp = true;
  // Registered after the system, so the crowd stops before it.
  const crowd = new AbortController();
  resources.defer(() => crowd.abort());
  const stage = { system, show, signal: crowd.signal };
  // Loaded only when needed, so that --help and mistakes in the options are answered immediately.
  const { rehearse } = await import('./rehearse.ts');
  await rehearse(stage, wanted.options);

  const onOpened = async (eventId: string) => {
    const link = await opsLink(system, eventId, secretsOf(localFolder).OPS_TOKEN);
    if (link) show.say(`Watch it on the operator's page:\n${link}\n`);
    if (isWatched) await untilEnter('Press Enter to let the buyers in.');
  };
  const name = `flash-sale-${new Date().toISOString().slice(0, 19).replaceAll(':', '-')}`;
  const reportFile = relative('.', join(localFolder, 'reports', `${name}.html`));
  const about = { reportFile, command: ['npm run flash-sale', ...(args.length > 0 ? ['--'] : []), ...args].join(' ') };
  const all = { ...stage, onOpened };
  const isRight =
    wanted.kind === 'table'
      ? await (await import('./duplicates-table.ts')).duplicatesTable(all, wanted.options, about)
      : await (await import('./flash-sale.ts')).flashSale(all, wanted.options, about);
  if (isOwnSystem) show.status('Stopping the system that was started for this sale …');
  await stop(isRight ? 0 : 1);
} catch (error) {
  if (!isStopping()) {
    show.say(isUp ? await explainFailure(error as Error, system) : (error as Error).message);
    await stop(1);
  }
}
