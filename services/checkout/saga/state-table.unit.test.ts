import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { stateTable } from './state-table.ts';

it('the README shows the table of states as the code has it', () => {
  expect(readFileSync(new URL('../README.md', import.meta.url), 'utf8')).toContain(stateTable());
});
