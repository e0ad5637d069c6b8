import { integer, newCommand, newSeed } from '../terminal/command.ts';

export type ChaosOptions = {
  faults: number;
  /** Determines the faults and the buyers' requests, but not the timing. */
  seed: number;
  buyers: number;
  /** No fault starts after this long. */
  minutes: number;
  /** Runs services that append to the outbox after the script instead of in it: a control that must fail. */
  outboxOutsideScripts: boolean;
  /** Runs a checkout that takes the money before it has the seats: another control that must fail. */
  captureBeforePivot: boolean;
};

const defaults = { faults: 300, buyers: 30, minutes: 20 };
const most = { faults: 100_000, buyers: 500, minutes: 24 * 60, seed: 2 ** 32 - 1 };

const newChaosCommand = () =>
  newCommand(
    'chaos',
    'Starts a system of its own, and kills (-9), stops (SIGSTOP) and cuts off its parts while buyers buy, hold, pay and cancel. Then ' +
      'compares every answer with the stores, and the money with the payment provider. Exit status 1: a promise was broken, or the run failed.',
  );

/** Parses the command line. For --help or invalid options, prints a message and exits, unless `command` overrides that. */
export function readOptions(args: string[], command = newChaosCommand()): ChaosOptions {
  const {
    seed = newSeed(),
    outboxOutsideScripts = false,
    captureBeforePivot = false,
    ...given
  } = command
    .option('--faults <count>', 'number of faults; two happen at a time', integer(0, most.faults), defaults.faults)
    .option('--seed <number>', 'repeat the faults and the requests of an earlier run (default: random)', integer(0, most.seed))
    .option('--buyers <count>', 'number of concurrent buyers', integer(1, most.buyers), defaults.buyers)
    .option('--minutes <count>', 'start no fault after this many minutes', integer(1, most.minutes), defaults.minutes)
    .option('--outbox-outside-scripts', 'control that must fail: append to the outbox after the script instead of in it')
    .option('--capture-before-pivot', 'control that must fail: take the money before the hold becomes an order')
    .parse(args, { from: 'user' })
    .opts<Omit<ChaosOptions, 'seed'> & { seed?: number }>();
  return { ...given, seed, outboxOutsideScripts, captureBeforePivot };
}
