import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { problems } from './problems.ts';

it('the README of the services lists every code with its status', () => {
  const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
  const rows = readme.matchAll(/^\| (\d{3}) +\| (`.*`) +\|$/gm);
  const listed = rows.flatMap(([, status, codes = '']) => codes.split(', ').map((code) => `${status} ${code.slice(1, -1)}`));
  const known = Object.entries(problems).map(([code, { status }]) => `${status} ${code}`);
  expect([...listed].toSorted()).toEqual(known.toSorted());
});
