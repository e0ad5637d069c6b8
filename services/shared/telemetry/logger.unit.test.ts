import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { lineRules } from './logger.ts';

const loggerFile = new URL('logger.ts', import.meta.url).href;
const logOnce = `import { createLogger } from '${loggerFile}'; createLogger('test', 'info').info('the last line');`;

it.each([
  ['a process', logOnce],
  [
    'a thread',
    `import { Worker } from 'node:worker_threads'; new Worker(${JSON.stringify(logOnce)}, { eval: true, type: 'module' });`,
  ],
])('the last line that %s logs before it ends is written', async (_what, code) => {
  const child = spawn(process.execPath, ['--input-type=module', '--eval', code], { stdio: ['ignore', 'pipe', 'inherit'] });
  expect(JSON.parse(await text(child.stdout))).toMatchObject({ service: 'test', msg: 'the last line' });
});

it('an error is logged with its cause, but without the arguments or the statement of the failed command', async () => {
  const code = `import { createLogger } from '${loggerFile}';
    const command = { name: 'auth', args: ['user', 'a secret'] };
    const error = Object.assign(new Error('refused', { cause: new Error('the cause') }), { code: 'ER', command, sql: 'a secret' });
    createLogger('test', 'info').error({ err: error }, 'failed');`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', code], { stdio: ['ignore', 'pipe', 'inherit'] });
  const line = await text(child.stdout);
  expect(JSON.parse(line)).toMatchObject({ err: { message: 'refused: the cause', code: 'ER', command: 'auth' } });
  expect(line).not.toContain('a secret');
});

describe('a flood of lines', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  /** A logger with the rules that all loggers follow, and its lines. */
  function recorded(level: string) {
    const lines: string[] = [];
    const logger = pino({ level, ...lineRules() }, { write: (line) => void lines.push(line) });
    const take = () => lines.splice(0).map((line) => JSON.parse(line));
    return { logger, take };
  }

  it('is limited to ten lines a second per message, then one a second with the number of lines it stands for', () => {
    const { logger, take } = recorded('info');
    for (let time = 1; time <= 50_000; time++) logger.child({ time }).warn({ time }, 'away');
    const lines = take();
    expect(lines.map(({ time, times }) => [time, times])).toEqual(Array.from({ length: 10 }, (_, at) => [at + 1, undefined]));
    vi.advanceTimersByTime(1_000);
    expect(take()).toEqual([expect.objectContaining({ msg: 'away', time: 50_000, times: 49_990 })]);
    vi.advanceTimersByTime(10_000);
    logger.warn('away');
    expect(take()).toHaveLength(1);
  });

  it('hides no other message, level or kind of error', () => {
    const { logger, take } = recorded('info');
    for (let time = 0; time < 100; time++) logger.error({ err: new Error('one') }, 'failed');
    take();
    logger.error('another');
    logger.warn({ err: new Error('one') }, 'failed');
    logger.error({ err: Object.assign(new Error('two'), { code: 'ECONNREFUSED' }) }, 'failed');
    logger.error(new TypeError('three'));
    expect(take().map(({ msg }) => msg)).toEqual(['another', 'failed', 'failed', 'three']);
  });

  it('is limited even if all messages differ', () => {
    const { logger, take } = recorded('info');
    for (let second = 0; second < 3; second++) {
      for (let time = 0; time < 10_000; time++) logger.warn(`no such path: /${second}/${time}`);
      vi.advanceTimersByTime(1_000);
      expect(take().length).toBeLessThan(250);
    }
    vi.advanceTimersByTime(10_000);
    take();
    logger.warn('a new one');
    expect(take()).toHaveLength(1);
  });

  it('is not limited at the level debug', () => {
    const { logger, take } = recorded('debug');
    for (let time = 0; time < 100; time++) logger.debug('sold');
    expect(take()).toHaveLength(100);
  });

  it('never makes a long line', () => {
    const { logger, take } = recorded('info');
    const long = 'x'.repeat(100_000);
    const deep = JSON.parse(`${'{"a":'.repeat(1_000)}1${'}'.repeat(1_000)}`);
    const err = Object.assign(new Error(long, { cause: new Error(long) }), { detail: long, sqlMessage: [long], [long]: 1, deep });
    const write = vi.fn((line: string) => expect(line.length).toBeLessThan(25_000));
    const wide = Object.fromEntries(Array.from({ length: 10_000 }, (_, at) => [`field${at}`, at]));
    for (const fields of [{ err }, { text: long, list: Array(10_000).fill(1), deep }, wide]) logger.error(fields, long);
    logger.error(err);
    for (const line of take()) write(JSON.stringify(line));
    expect(write).toHaveBeenCalledTimes(4);
  });
});
