import type { Logger } from './logger.ts';

const everyMs = 1_000;

type Level = 'info' | 'warn';
type Log<L extends Level> = Pick<Logger, L>;

/**
 * Logs what can happen tens of thousands of times a second, where a line for each would be the next thing to go wrong: the
 * first at once, and then in one line a second, which tells of the last and how many they were (`times`).
 */
export function createSampledLog<L extends Level>(level: L, message: string): (log: Log<L>, fields?: object) => void {
  let times = 0;
  let last: { log: Log<L>; fields: object | undefined } | undefined;
  let isResting = false;
  return (log, fields) => {
    times++;
    last = { log, fields };
    if (!isResting) say();
  };

  function say(): void {
    isResting = last !== undefined;
    if (!last) return;
    last.log[level]({ ...last.fields, times }, message);
    times = 0;
    last = undefined;
    setTimeout(say, everyMs).unref();
  }
}
