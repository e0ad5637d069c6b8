import { element, setText } from './dom.js';
import { formatAmount } from './format.js';

/** A screen reader is told how the sale goes so often, and of what is wrong at once. */
const summaryMs = 20_000;

/** More in one breath cannot be followed. */
const mostAtOnce = 3;

/** Speaks for those who do not look. */
export function createAnnouncer() {
  /** @type {ReadonlySet<string>} */
  let known = new Set();
  let saidAt = Number.NEGATIVE_INFINITY;
  return {
    /** @param {Readonly<Record<string, string>>} problems a sentence each; said when it is new */
    problems(problems) {
      const fresh = Object.keys(problems).filter((key) => !known.has(key));
      known = new Set(Object.keys(problems));
      if (known.size === 0) setText(element('alert'), '');
      if (fresh.length === 0) return;
      const said = fresh.slice(0, mostAtOnce).map((key) => problems[key]);
      if (fresh.length > mostAtOnce) said.push(`And ${formatAmount(fresh.length - mostAtOnce, 'more problem')}`);
      setText(element('alert'), `${said.join('. ')}.`);
    },

    /** @param {string} text */
    summary(text) {
      if (performance.now() - saidAt < summaryMs) return;
      saidAt = performance.now();
      setText(element('summary'), text);
    },
  };
}
