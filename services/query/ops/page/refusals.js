/** @import { SecondOfSale } from '../messages.ts' */

/** How many reasons a chart shows separately; all others are one more line, "other". */
export const shownReasons = 6;

/** The reason shown for requests refused unread, which are counted without a problem code. */
const overloaded = 'OVERLOADED';

/** A problem code in plain words: SEAT_TAKEN → "seat taken". */
export const reasonName = (/** @type {string} */ code) => code.toLowerCase().replaceAll('_', ' ');

/**
 * Why a second's requests were refused.
 * @param {SecondOfSale} second
 * @returns {[code: string, count: number][]}
 */
export const reasonsOf = (second) => [...Object.entries(second.refused), [overloaded, second.overloaded]];

/** @param {SecondOfSale} second */
export const refusedIn = (second) => reasonsOf(second).reduce((sum, [, count]) => sum + count, 0);

/**
 * The most frequent reasons. Each stays in the slot that it had before, and so keeps its colour.
 * @param {Iterable<SecondOfSale>} seconds
 * @param {readonly (string | undefined)[]} before
 * @returns {(string | undefined)[]} one for each slot
 */
export function chooseReasons(seconds, before) {
  /** @type {Map<string, number>} */
  const totals = new Map();
  for (const second of seconds) {
    for (const [code, count] of reasonsOf(second)) if (count > 0) totals.set(code, (totals.get(code) ?? 0) + count);
  }
  const chosen = [...totals]
    .toSorted(([a, one], [b, other]) => other - one || (a < b ? -1 : 1))
    .slice(0, shownReasons)
    .map(([code]) => code);
  const newcomers = chosen.filter((code) => !before.includes(code));
  return Array.from({ length: shownReasons }, (_, slot) => {
    const code = before[slot];
    return code !== undefined && chosen.includes(code) ? code : newcomers.shift();
  });
}

/**
 * How often each slot's reason occurred; all other reasons are counted together, last.
 * @param {SecondOfSale} second
 * @param {readonly (string | undefined)[]} slots
 */
export function countReasons(second, slots) {
  const counts = Array.from({ length: slots.length + 1 }, () => 0);
  for (const [code, count] of reasonsOf(second)) {
    const slot = slots.indexOf(code);
    const at = slot === -1 ? slots.length : slot;
    counts[at] = (counts[at] ?? 0) + count;
  }
  return counts;
}
