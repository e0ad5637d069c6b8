import type { Logger } from './logger.ts';

const everyMs = 1_000;

/**
 * Warns of what can go wrong tens of thousands of times a second, where a line for each would be the next thing to go wrong: of
 * the first at once, and then in one line a second, which tells of the last and how many they were (`times`).
 */
export function createSampledWarning(message: string): (log: Pick<Logger, 'warn'>, error?: Error) => void {
  let times = 0;
  let last: { log: Pick<Logger, 'warn'>; error: Error | undefined } | undefined;
  let isResting = false;
  return (log, error) => {
    times++;
    last = { log, error };
    if (!isResting) say();
  };

  function say(): void {
    isResting = last !== undefined;
    if (!last) return;
    last.log.warn({ ...(last.error && { err: last.error }), times }, message);
    times = 0;
    last = undefined;
    setTimeout(say, everyMs).unref();
  }
}
