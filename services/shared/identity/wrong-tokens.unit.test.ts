import { expect, it } from 'vitest';
import { createWrongTokens } from './wrong-tokens.ts';

const times = <T>(count: number, work: (at: number) => T) => Array.from({ length: count }, (_, at) => work(at));

it('an address has ten tries, then one every ten seconds', () => {
  const wrong = createWrongTokens();
  expect(times(12, () => wrong.add('a', 1_000))).toEqual([...times(10, () => 0), 10, 10]);
  expect(wrong.add('a', 10_999)).toBe(1);
  expect(wrong.add('a', 11_000)).toBe(0);
  expect(wrong.add('a', 11_000)).toBe(10);
  expect(times(11, () => wrong.add('a', 1_000_000))).toEqual([...times(10, () => 0), 10]);
});

it('each address has its own tries', () => {
  const wrong = createWrongTokens();
  for (let tries = 0; tries < 50; tries++) wrong.add('a', 1_000);
  expect(wrong.add('b', 1_000)).toBe(0);
});

it('all addresses together have a hundred tries, then one a second; rejected tries do not count', () => {
  const wrong = createWrongTokens();
  expect(times(150, (at) => wrong.add(`address ${at}`, 1_000)).filter((seconds) => seconds === 0)).toHaveLength(100);
  expect(times(3, (at) => wrong.add(`other ${at}`, 2_000))).toEqual([0, 1, 1]);
});
