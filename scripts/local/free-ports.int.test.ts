import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { freePort } from './free-ports.ts';

it('no two processes get the same port, even if neither listens on it', async () => {
  const take = `
    import { freePort } from '${new URL('free-ports.ts', import.meta.url)}';
    const ports = [];
    for (let at = 0; at < 100; at++) ports.push(await freePort());
    console.log(JSON.stringify(ports));
    // Until all have chosen.
    await new Promise((resolve) => process.stdin.once('data', resolve));
    process.exit();`;
  const running = Array.from({ length: 8 }, () => promisify(execFile)(process.execPath, ['--input-type=module', '-e', take]));
  const told = await Promise.all(
    running.map(({ child }) => new Promise<string>((resolve) => child.stdout?.once('data', resolve))),
  );
  const chosen = told.flatMap((line) => JSON.parse(line) as number[]);
  for (let at = 0; at < 100; at++) chosen.push(await freePort());
  for (const { child } of running) child.stdin?.end('\n');
  await Promise.all(running);
  expect(chosen).toHaveLength(900);
  expect(new Set(chosen).size).toBe(900);
});
