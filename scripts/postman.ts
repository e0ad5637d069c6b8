import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { collectionFile } from '../postman/collection.ts';
import { newCommand } from './terminal/command.ts';

const environment = join(import.meta.dirname, '../postman/local.postman_environment.json');

const { url } = newCommand(
  'postman',
  'Makes the requests of the Postman collection, checks each answer, and cancels what it bought.',
)
  .option('--url <url>', 'where the system is, with the demo events open', 'http://localhost:8000')
  .parse()
  .opts<{ url: string }>();

try {
  await fetch(new URL('/purchase/live', url));
  const args = ['run', collectionFile, '--environment', environment, '--env-var', `baseUrl=${url}`];
  // newman calls a part of Node that is deprecated.
  const env = { ...process.env, NODE_NO_WARNINGS: '1' };
  process.exitCode = spawnSync('newman', args, { stdio: 'inherit', env }).status ?? 1;
} catch {
  console.error(`Nothing answers at ${url}. Does "npm start" run?`);
  process.exitCode = 1;
}
