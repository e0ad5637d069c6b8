import { describe, expect, it } from 'vitest';
import { groupPublishes, type PackableEntry, packMessages } from './pack.ts';

const maxBytes = 262_144;

const entries = (sizes: number[]): PackableEntry[] =>
  sizes.map((size, at) => ({
    id: `${at}-0`,
    type: 'onsale.tickets.purchased',
    json: JSON.stringify({ at, filler: 'ü'.repeat(size) }),
  }));

const publishesOf = (sizes: number[]) => groupPublishes(packMessages('E', entries(sizes)));

/** Sizes that vary, the same in every run. */
const varied = Array.from({ length: 3_000 }, (_, at) => (at * 7_919) % 601);

describe('packing', () => {
  it.each([
    ['one entry', [100]],
    ['small entries', Array.from({ length: 2_000 }, () => 1)],
    ['entries of all sizes', varied],
    ['entries that each fill just over half a message', Array.from({ length: 30 }, () => 7_000)],
    ['entries larger than a message is meant to be', [20_000, 1, 60_000, 130_000, 1, 60_000]],
  ])('respects the limits of SNS by bytes, and keeps every entry once and in order: %s', (_what, sizes) => {
    const publishes = publishesOf(sizes);
    for (const messages of publishes) {
      expect(messages.length).toBeLessThanOrEqual(10);
      expect(messages.reduce((sum, { body }) => sum + Buffer.byteLength(body), 0)).toBeLessThanOrEqual(maxBytes);
    }
    const packed = publishes.flat().flatMap(({ body }) => JSON.parse(body) as { at: number }[]);
    expect(packed.map(({ at }) => at)).toEqual(sizes.map((_, at) => at));
    expect(publishes.flat().flatMap(({ entryIds }) => entryIds)).toEqual(sizes.map((_, at) => `${at}-0`));
  });

  it('sends one entry at once, and hundreds in one publish', () => {
    expect(publishesOf([400])).toHaveLength(1);
    expect(publishesOf(Array.from({ length: 500 }, () => 200))).toHaveLength(1);
  });

  it('packs nothing into nothing', () => {
    expect(publishesOf([])).toEqual([]);
  });
});
