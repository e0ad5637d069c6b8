import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { expect, it } from 'vitest';

it.each([
  ['a line', '\n'],
  ['the end of the input', ''],
])('waits for an answer at the terminal: %s', async (_what, answer) => {
  const program = `
    import { untilEnter } from '${import.meta.dirname}/enter.ts';
    await untilEnter('Press Enter.');
    console.log('Going on.');
  `;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', program], { stdio: ['pipe', 'pipe', 'inherit'] });
  try {
    const [asked] = await once(child.stdout, 'data');
    expect(String(asked)).toBe('Press Enter. ');
    child.stdin.end(answer);
    expect(await text(child.stdout)).toBe('Going on.\n');
  } finally {
    child.kill();
  }
});
