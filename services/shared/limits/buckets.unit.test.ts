import { expect, it } from 'vitest';
import { createBuckets } from './buckets.ts';

const times = <T>(count: number, work: (at: number) => T) => Array.from({ length: count }, (_, at) => work(at));

it('each name has a bucket of its own: an empty one does not slow the others', () => {
  const buckets = createBuckets({ burst: 3, everyMs: 50 });
  expect(times(5, () => buckets.take('a', 1, 1_000))).toEqual([0, 0, 0, 50, 50]);
  expect(buckets.take('b', 1, 1_000)).toBe(0);
  expect(buckets.standing('a', 'address', 1_000)).toEqual({
    name: 'address',
    quota: 3,
    windowSeconds: 1,
    left: 0,
    fullInMs: 150,
  });
  expect(buckets.take('a', 1, 1_050)).toBe(0);
});

it('what is put back can be taken again', () => {
  const buckets = createBuckets({ burst: 1, everyMs: 50 });
  expect(buckets.take('a', 1, 1_000)).toBe(0);
  buckets.putBack('a', 1, 1_000);
  expect(buckets.take('a', 1, 1_000)).toBe(0);
});

it('what is taken by force delays what is taken later, but by two refills at most', () => {
  const buckets = createBuckets({ burst: 10, everyMs: 100 });
  buckets.force('a', 15, 1_000);
  expect(buckets.waitMs('a', 1_000)).toBe(600);
  for (let at = 0; at < 50; at++) buckets.force('a', 50, 1_000);
  expect(buckets.waitMs('a', 1_000)).toBe(1_100);
});

it('a flood from ever new names needs no more memory: the oldest are forgotten', () => {
  const buckets = createBuckets({ burst: 1, everyMs: 1_000 }, 100);
  for (let at = 0; at < 10_000; at++) buckets.take(`address ${at}`, 1, 1_000);
  expect(buckets.take('address 9999', 1, 1_000)).toBe(1_000);
  expect(buckets.take('address 0', 1, 1_000)).toBe(0);
});
