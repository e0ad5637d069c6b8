import { element, setText } from './dom.js';
import { formatAmount } from './format.js';

/** Screen readers get a summary this often, and new problems immediately. */
const summaryMs = 20_000;

/** More in one announcement would be hard to follow. */
const mostAtOnce = 3;

/** Announces to screen readers. */
export function createAnnouncer() {
  /** @type {ReadonlySet<string>} */
  let known = new Set();
  let saidAt = Number.NEGATIVE_INFINITY;
  return {
    /** @param {Readonly<Record<string, string>>} problems a sentence each; announced when new */
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
