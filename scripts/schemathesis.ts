import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Argument } from 'commander';
import { execa } from 'execa';
import which from 'which';
import { prepareStores } from './local/default-system.ts';
import { findBinary } from './local/find-binary.ts';
import { freePorts } from './local/free-ports.ts';
import { localAdmin } from './local/local-admin.ts';
import { localFolder } from './local/local-folder.ts';
import { secretsOf } from './local/secrets.ts';
import { stopWith } from './local/stop.ts';
import { localStoreUrls, type StoreUrls } from './local/store-urls.ts';
import { startSystem } from './local/system.ts';
import { integer, newCommand, newSeed } from './terminal/command.ts';

const version = '4.32.5';
/**
 * A replay under an Idempotency-Key may name a hold that has since been confirmed or released. And so many wrong tokens are soon refused as
 * too many (429).
 */
const excluded = ['ensure_resource_availability', 'ignored_auth'];
const checks = ['--checks', 'all', '--exclude-checks', excluded.join(',')];
const options = [...checks, '--continue-on-failure', '--warnings', 'off', '--no-color'];
const settings = readFileSync(join(import.meta.dirname, 'schemathesis.toml'), 'utf8');
const folder = join(localFolder, 'schemathesis');
const services = ['purchase', 'query', 'accounts', 'catalogue', 'checkout'];

const command = newCommand(
  'schemathesis',
  "Starts its own system, and sends it valid and invalid requests that Schemathesis generates from the services' OpenAPI documents: as a " +
    "stranger, as an organiser's admin, and as the operator. Exit status 1: a response was not as documented, or the run failed. Needs " +
    'python3 (3.10 or newer), and PyPI the first time. Takes half an hour; with one service, minutes.',
)
  .addArgument(new Argument('[services...]', 'whose documents (default: all)').choices(services))
  .option('--seed <number>', 'repeats the requests of a run (default: a new one)', integer(0, 2 ** 32 - 1))
  .parse();
const { seed = newSeed() } = command.opts<{ seed?: number }>();
const chosen = command.args.length > 0 ? command.args : services;
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
  const admin = localAdmin(stores);
  const prepare = (urls: StoreUrls) => prepareStores(urls, say, admin);
  await startSystem({ folder: stores, ports, urls: localStoreUrls(ports), resources, say, prepare });
  const url = `http://127.0.0.1:${ports['load-balancer']}`;
  const callers = {
    'a stranger': async () => '',
    "an organiser's admin": async () => asAdmin(await signIn(url, admin)),
    'the operator': async () => asOperator(secretsOf(stores).OPS_TOKEN),
  };
  const config = join(folder, 'schemathesis.toml');
  let isRight = true;
  for (const service of chosen) {
    for (const [caller, credentialsOf] of Object.entries(callers)) {
      const credentials = await credentialsOf();
      const document = await readDocument(url, service, { isStranger: credentials === '' });
      writeFileSync(config, settings + credentials, { mode: 0o600 });
      say(`\n${service}, as ${caller}, seed ${seed}:`);
      const request = ['run', document, '--url', url, '--seed', String(seed), ...options];
      isRight = (await run(program, ['--config-file', config, ...request])) && isRight;
    }
  }
  say(
    isRight
      ? '\nEvery response was as documented.'
      : `\nSome responses were not as documented. To repeat this run: ${['npm run schemathesis --', ...command.args, '--seed', seed].join(' ')}`,
  );
  await stop(isRight ? 0 : 1);
} catch (error) {
  if (!isStopping()) {
    say((error as Error).message);
    await stop(1);
  }
}

/**
 * Fetches a service's OpenAPI document. Returns its file. Schemathesis knows Unicode's categories only roughly, and not in classes like
 * [^\p{Cc}]. They are written as ranges: of ASCII for what may be in a text, and exactly for what may not.
 * The Idempotency-Keys in it are those of strangers; all others' may be shorter.
 */
async function readDocument(url: string, service: string, { isStranger }: { isStranger: boolean }): Promise<string> {
  const ranges = {
    Cc: String.raw`\\u0000-\\u001f\\u007f-\\u009f`,
    Zl: String.raw`\\u2028`,
    Zp: String.raw`\\u2029`,
    // It makes no surrogates, and a class with them it ignores.
    Cs: '',
    L: 'A-Za-z',
    N: '0-9',
    M: '',
  };
  const response = await fetch(`${url}/${service}/openapi.json`);
  if (!response.ok) throw new Error(`${response.url}: ${response.status}`);
  let text = await response.text();
  for (const [category, range] of Object.entries(ranges)) text = text.replaceAll(String.raw`\\p{${category}}`, range);
  if (!isStranger) text = text.replaceAll('{16,255}', '{1,255}');
  const file = join(folder, `${service}.json`);
  writeFileSync(file, text);
  return file;
}

/** An access token is valid for ten minutes, which is longer than one service takes. */
async function signIn(url: string, { email, password }: { email: string; password: string }): Promise<string> {
  const body = JSON.stringify({ email, password });
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(`${url}/accounts/api/v1/sign-ins`, { method: 'POST', headers, body });
  if (!response.ok) throw new Error(`The admin could not sign in: ${await response.text()}`);
  return ((await response.json()) as { accessToken: string }).accessToken;
}

/** It must not sign out, which would end the session of all its requests. */
function asAdmin(accessToken: string): string {
  return `
[auth.openapi.accessToken]
bearer = "${accessToken}"

[[operations]]
include-name-regex = "^DELETE /accounts/api/v1/sessions"
enabled = false
`;
}

function asOperator(token: string): string {
  return `
[auth.openapi.apiKey]
bearer = "${token}"
`;
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
