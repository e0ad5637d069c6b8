import './local/env-file.ts';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { collectionFile } from '../postman/collection.ts';
import { localFolder } from './local/local-folder.ts';
import { defaultPorts } from './local/ports.ts';
import { secretsOf } from './local/secrets.ts';
import { httpUrl, newCommand } from './terminal/command.ts';

const environment = join(import.meta.dirname, '../postman/local.postman_environment.json');
const localUrl = `http://localhost:${defaultPorts['load-balancer']}`;

const { url } = newCommand(
  'postman',
  'Sends the requests of the Postman collection, checks each answer, and cancels what it bought. For the system that ' +
    '"npm start" runs, it sends the operator\'s requests too; for another one, set OPS_TOKEN for that.',
)
  .option('--url <url>', 'address of the system, which must have the demo events open', httpUrl, localUrl)
  .parse()
  .opts<{ url: string }>();

const answers = await fetch(new URL('/purchase/live', url)).then(
  () => true,
  () => false,
);
if (!answers) {
  console.error(`Nothing answers at ${url}. Is "npm start" running?`);
  process.exit(1);
}
// The token of this machine must not be sent to another.
const opsToken = url === localUrl ? secretsOf(localFolder).OPS_TOKEN : (process.env.OPS_TOKEN ?? '');
const args = ['--env-var', `baseUrl=${url}`, '--env-var', `opsToken=${opsToken}`];
// Hides deprecation warnings: newman calls a deprecated part of Node.
const env = { ...process.env, NODE_NO_WARNINGS: '1' };
const run = spawnSync('newman', ['run', collectionFile, '--environment', environment, ...args], { stdio: 'inherit', env });
process.exitCode = run.status ?? 1;
