import { expect, it } from 'vitest';
import { createLagMeter } from './lag.ts';

it('a projection that has everything is not behind', () => {
  const lagOf = createLagMeter();
  expect(lagOf(0, 0, 0)).toEqual({ sequences: 0, seconds: 0 });
  expect(lagOf(10, 10, 1_000)).toEqual({ sequences: 0, seconds: 0 });
});

it('a domain event has waited since the first look that saw it, until it is applied', () => {
  const lagOf = createLagMeter();
  expect(lagOf(10, 10, 0)).toEqual({ sequences: 0, seconds: 0 });
  expect(lagOf(12, 10, 1_000)).toEqual({ sequences: 2, seconds: 0 });
  expect(lagOf(20, 10, 2_000)).toEqual({ sequences: 10, seconds: 1 });
  expect(lagOf(20, 10, 61_000)).toEqual({ sequences: 10, seconds: 60 });
  // The first missing event was first seen at 2 s.
  expect(lagOf(20, 12, 62_000)).toEqual({ sequences: 8, seconds: 60 });
  expect(lagOf(20, 20, 63_000)).toEqual({ sequences: 0, seconds: 0 });
});

it('MySQL is not behind if Redis has lost its memory', () => {
  expect(createLagMeter()(0, 500, 0)).toEqual({ sequences: 0, seconds: 0 });
});

it('sequence numbers of a new epoch count from its start', () => {
  const lagOf = createLagMeter();
  expect(lagOf(1_000_000_003, 250, 0)).toEqual({ sequences: 3, seconds: 0 });
  expect(lagOf(1_000_000_003, 1_000_000_003, 1_000)).toEqual({ sequences: 0, seconds: 0 });
});

it('a projection that stalls for hours is reported as that many hours behind, whatever is sold meanwhile', () => {
  const lagOf = createLagMeter();
  const hours = 3 * 3_600;
  for (let second = 1; second < hours; second++) lagOf(second, 0, second * 1_000);
  expect(lagOf(hours, 0, hours * 1_000)).toEqual({ sequences: hours, seconds: hours - 1 });
});
