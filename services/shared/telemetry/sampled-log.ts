import type { Logger } from 'pino';

const everyMs = 1_000;

type Level = 'info' | 'warn';
type Log<L extends Level> = Pick<Logger, L>;

/** Logs a line that stands for `times` occurrences. */
type Say = (times: number) => void;

/**
 * Limits the logging of events that can happen tens of thousands of times a second. The first `burst` in a second are logged
 * immediately. Of the rest, only the last is logged, at the end of the second, with their number. `onRest` is called after a second
 * with nothing left to log.
 */
export function createSampler(burst: number, onRest: () => void = () => {}): (say: Say) => void {
  let said = 0;
  let waiting = 0;
  let last: Say | undefined;
  return (say) => {
    if (said === burst) {
      waiting++;
      last = say;
      return;
    }
    if (++said === 1) startSecond();
    say(1);
  };

  function startSecond(): void {
    setTimeout(endSecond, everyMs).unref();
  }

  function endSecond(): void {
    const [say, times] = [last, waiting];
    [said, waiting, last] = [0, 0, undefined];
    if (!say) {
      onRest();
      return;
    }
    said = 1;
    startSecond();
    say(times);
  }
}

/** Logs a message that a flood would repeat, at most once a second: `times` is the number of occurrences that a line stands for. */
export function createSampledLog<L extends Level>(level: L, message: string): (log: Log<L>, fields?: object) => void {
  const sample = createSampler(1);
  return (log, fields) => sample((times) => log[level]({ ...fields, times }, message));
}
