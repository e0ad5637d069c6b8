import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { expect, it } from 'vitest';

const loggerFile = new URL('logger.ts', import.meta.url).href;
const logOnce = `import { createLogger } from '${loggerFile}'; createLogger('test', 'info').info('the last line');`;

it.each([
  ['a process', logOnce],
  [
    'a thread',
    `import { Worker } from 'node:worker_threads'; new Worker(${JSON.stringify(logOnce)}, { eval: true, type: 'module' });`,
  ],
])('what %s logs just before it ends is written', async (_what, code) => {
  const child = spawn(process.execPath, ['--input-type=module', '--eval', code], { stdio: ['ignore', 'pipe', 'inherit'] });
  expect(JSON.parse(await text(child.stdout))).toMatchObject({ service: 'test', msg: 'the last line' });
});

it('an error is logged with its cause, and without the arguments of the command or the statement that failed', async () => {
  const code = `import { createLogger } from '${loggerFile}';
    const command = { name: 'auth', args: ['user', 'a secret'] };
    const error = Object.assign(new Error('refused', { cause: new Error('the cause') }), { code: 'ER', command, sql: 'a secret' });
    createLogger('test', 'info').error({ err: error }, 'failed');`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', code], { stdio: ['ignore', 'pipe', 'inherit'] });
  const line = await text(child.stdout);
  expect(JSON.parse(line)).toMatchObject({ err: { message: 'refused: the cause', code: 'ER', command: 'auth' } });
  expect(line).not.toContain('a secret');
});
