import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import which from 'which';
import { prepareStores } from './local/default-system.ts';
import { findBinary } from './local/find-binary.ts';
import { freePorts } from './local/free-ports.ts';
import { localFolder } from './local/local-folder.ts';
import { stopWith } from './local/stop.ts';
import { localStoreUrls, type StoreUrls } from './local/store-urls.ts';
import { startSystem } from './local/system.ts';
import { integer, newCommand, newSeed } from './terminal/command.ts';

const version = '4.32.5';
/** Excluded because a replay under an Idempotency-Key may name a hold that has since been confirmed or released. */
const checks = ['--checks', 'all', '--exclude-checks', 'ensure_resource_availability'];
const settings = [...checks, '--continue-on-failure', '--warnings', 'off', '--no-color'];
const config = join(import.meta.dirname, 'schemathesis.toml');
const folder = join(localFolder, 'schemathesis');
const documents = ['/purchase/openapi.json', '/query/openapi.json'];

const { seed = newSeed() } = newCommand(
  'schemathesis',
  'Starts its own system, and sends it valid and invalid requests that Schemathesis generates from both OpenAPI documents. Exit ' +
    'status 1: a response was not as documented, or the run failed. Needs python3 (3.10 or newer), and PyPI the first time. Takes minutes.',
)
  .option('--seed <number>', 'repeats the requests of a run (default: a new one)', integer(0, 2 ** 32 - 1))
  .parse()
  .opts<{ seed?: number }>();
const resources = new AsyncDisposableStack();
const { stop, isStopping, say } = stopWith(resources, {
  exitCode: 130,
  onSignal: () => say('Interrupted; stopping the system.'),
});

try {
  mkdirSync(folder, { recursive: true });
  const program = await install();
  say('Starting its system …');
  const stores = join(folder, 'system');
  rmSync(stores, { recursive: true, force: true });
  mkdirSync(stores, { recursive: true });
  const ports = await freePorts();
  const prepare = (urls: StoreUrls) => prepareStores(urls, say);
  await startSystem({ folder: stores, ports, urls: localStoreUrls(ports), resources, say, prepare });
  let isRight = true;
  for (const document of documents) {
    const url = `http://127.0.0.1:${ports['load-balancer']}${document}`;
    say(`\n${document}, seed ${seed}:`);
    isRight = (await run(program, ['--config-file', config, 'run', url, '--seed', String(seed), ...settings])) && isRight;
  }
  say(
    isRight
      ? '\nEvery response was as documented.'
      : `\nSome responses were not as documented. To repeat this run: npm run schemathesis -- --seed ${seed}`,
  );
  await stop(isRight ? 0 : 1);
} catch (error) {
  if (!isStopping()) {
    say((error as Error).message);
    await stop(1);
  }
}

/** Installs Schemathesis in its own Python environment, unless it is already there. Returns the program's path. */
async function install(): Promise<string> {
  const environment = join(folder, version);
  const program = join(environment, 'bin/schemathesis');
  if (await which(program, { nothrow: true })) return program;
  const python = await findBinary('python3');
  if (python === undefined) throw new Error('python3 was not found. Schemathesis needs Python 3.10 or newer.');
  say(`Installing Schemathesis ${version} in .local/ (once) …`);
  const isInstalled =
    (await run(python, ['-m', 'venv', '--clear', environment])) &&
    (await run(join(environment, 'bin/pip'), ['install', '--quiet', '--disable-pip-version-check', `schemathesis==${version}`]));
  if (!isInstalled) throw new Error('Schemathesis could not be installed; see above.');
  return program;
}

/** Runs a program with its output shown, until it ends or this command is stopped. Returns whether it succeeded. */
async function run(program: string, args: string[]): Promise<boolean> {
  const child = execa(program, args, { stdio: ['ignore', 'inherit', 'inherit'], cwd: folder, reject: false });
  resources.defer(() => void child.kill());
  const result = await child;
  // It could not be started.
  if (result.code !== undefined) throw result;
  return result.exitCode === 0;
}
