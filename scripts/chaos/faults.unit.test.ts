import { describe, expect, it } from 'vitest';
import { createRandom } from '../testing/random.ts';
import { everyKind, nameOf, planFaults } from './faults.ts';

const plan = (seed: number, count: number) => planFaults(createRandom(seed, 'faults'), count);

describe('the faults of a run', () => {
  it('are the same for the same seed, and differ for another seed', () => {
    expect(plan(7, 100)).toEqual(plan(7, 100));
    expect(plan(8, 100).map(nameOf)).not.toEqual(plan(7, 100).map(nameOf));
  });

  it('include every kind before any kind comes again', () => {
    const names = plan(7, 2 * everyKind.length).map(nameOf);
    const every = everyKind.map(nameOf).toSorted();
    expect(names.slice(0, every.length).toSorted()).toEqual(every);
    expect(names.slice(every.length).toSorted()).toEqual(every);
  });

  it('last from 0.2 to 3 seconds, up to one second apart', () => {
    const faults = plan(7, 1_000);
    expect(faults).toHaveLength(1_000);
    expect(faults.every(({ forMs, pauseMs }) => forMs >= 200 && forMs <= 3_000 && pauseMs >= 0 && pauseMs < 1_000)).toBe(true);
  });
});
