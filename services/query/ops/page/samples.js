import { windowSeconds } from './seconds.js';

/** @import { Second } from './health.js' */

/**
 * @typedef {object} Sample the backlogs at one time; null if they could not be read
 * @property {number} at
 * @property {number | null} outboxEvents
 * @property {number | null} queueMessages
 * @property {number | null} lagSeconds
 */

/** After a longer silence a line would be a guess, so the chart gets a gap. */
const longestStepMs = 3500;

/** The backlogs of the last minutes, or since this page was opened. */
export function createSamples() {
  /** @type {Sample[]} */
  let samples = [];
  return {
    /** @param {Second} second */
    add({ at: time, outbox, queue, projection }) {
      const at = Date.parse(time);
      const last = samples.at(-1);
      if (last && at - last.at > longestStepMs) {
        samples.push({ at: last.at + 1000, outboxEvents: null, queueMessages: null, lagSeconds: null });
      }
      samples.push({
        at,
        outboxEvents: outbox?.events ?? null,
        queueMessages: queue?.messages ?? null,
        lagSeconds: projection?.lagSeconds ?? null,
      });
      samples = samples.filter((sample) => sample.at > at - windowSeconds * 1000);
    },

    /** Oldest first. @returns {readonly Sample[]} */
    all: () => samples,
  };
}
