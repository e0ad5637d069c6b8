import { createHash } from 'node:crypto';

/** Random choices that are reproducible from a seed. */
export type Random = {
  /** 0 … below − 1. */
  integer(below: number): number;
  between(from: number, to: number): number;
  chance(share: number): boolean;
  pick<T>(list: readonly T[]): T;
  shuffled<T>(list: readonly T[]): T[];
};

/** The same seed and name give the same choices, independent of other names with that seed (mulberry32). */
export function createRandom(seed: number, name: string): Random {
  let state = createHash('sha256').update(`${seed} ${name}`).digest().readInt32LE();
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const integer = (below: number) => Math.floor(next() * below);
  return {
    integer,
    between: (from, to) => from + integer(to - from + 1),
    chance: (share) => next() < share,
    pick: <T>(list: readonly T[]) => list[integer(list.length)] as T,
    shuffled<T>(list: readonly T[]) {
      const left = [...list];
      return list.map(() => left.splice(integer(left.length), 1)[0] as T);
    },
  };
}
