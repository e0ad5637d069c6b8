/** @import { SecondOfSale } from '../messages.ts' */

/** How far back the charts show. */
export const windowSeconds = 300;

/** A second's figures may come late; it counts as empty only after this long. */
const graceMs = 2000;

const startOf = (/** @type {number} */ ms) => Math.floor(ms / 1000) * 1000;

/**
 * @typedef {object} WindowSecond
 * @property {number} at its start, in milliseconds since 1970
 * @property {SecondOfSale | null | undefined} sale undefined if nothing happened, null if unknown
 */

/** The last minutes of a sale, second by second. */
export function createSeconds() {
  /** @type {Map<number, SecondOfSale | null>} */
  const seconds = new Map();
  /** The last second to show. */
  let end = 0;
  /** When the last message came. */
  let heardAt = 0;

  /** @param {readonly SecondOfSale[]} sale */
  function merge(sale) {
    for (const second of sale) {
      seconds.set(second.at, second);
      end = Math.max(end, second.at);
    }
  }

  function prune() {
    for (const at of seconds.keys()) if (at <= end - windowSeconds * 1000) seconds.delete(at);
  }

  return {
    /** Starts again: the history may have seconds that were unknown before. @param {readonly SecondOfSale[]} history */
    begin(history) {
      seconds.clear();
      merge(history);
      prune();
    },

    /**
     * Adds the seconds of a message read at `at`; null means that the seconds since the last message are unknown.
     * @param {number} at
     * @param {readonly SecondOfSale[] | null} sale
     */
    add(at, sale) {
      end = Math.max(end, startOf(at - graceMs));
      if (sale) merge(sale);
      else for (let second = startOf(heardAt || at); second < startOf(at); second += 1000) seconds.set(second, null);
      heardAt = at;
      prune();
    },

    /** Every second up to the last completed one, oldest first. @returns {WindowSecond[]} */
    window() {
      return Array.from({ length: windowSeconds }, (_, index) => {
        const at = end - (windowSeconds - 1 - index) * 1000;
        return { at, sale: seconds.get(at) };
      });
    },

    /** @returns {WindowSecond} */
    last: () => ({ at: end, sale: seconds.get(end) }),
  };
}

/**
 * A figure for every second: 0 if nothing happened, null (a gap) if unknown.
 * @param {readonly WindowSecond[]} window
 * @param {(second: SecondOfSale) => number} figure
 */
export const ratesOf = (window, figure) => window.map(({ sale }) => (sale ? figure(sale) : sale === null ? null : 0));

/**
 * A latency for every second, null if there was no response.
 * @param {readonly WindowSecond[]} window
 * @param {'p50' | 'p95' | 'p99'} quantile
 */
export const latenciesOf = (window, quantile) => window.map(({ sale }) => sale?.latencyMs?.[quantile] ?? null);
