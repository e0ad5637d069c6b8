import { integer, newCommand, newSeed } from '../terminal/command.ts';
import type { ChaosOptions } from './chaos.ts';

const defaults = { faults: 300, buyers: 30, minutes: 20 };
const most = { faults: 100_000, buyers: 500, minutes: 24 * 60, seed: 2 ** 32 - 1 };

const newChaosCommand = () =>
  newCommand(
    'chaos',
    'Starts a system of its own, and kills (-9), stops and cuts off its parts while buyers buy, hold and cancel. Then compares ' +
      'every answer that they got with the stores. Exit status 1: a promise was broken, or the run failed.',
  );

/** Reads the command line. Shows the help, or what is wrong with it, and exits, unless `command` overrides that. */
export function readOptions(args: string[], command = newChaosCommand()): ChaosOptions {
  const {
    seed = newSeed(),
    outboxOutsideScripts = false,
    ...given
  } = command
    .option('--faults <count>', 'faults, two at a time', integer(0, most.faults), defaults.faults)
    .option('--seed <number>', 'repeats the faults and the wishes of a run (default: a new one)', integer(0, most.seed))
    .option('--buyers <count>', 'buyers at the same time', integer(1, most.buyers), defaults.buyers)
    .option('--minutes <count>', 'start no more faults after this long', integer(1, most.minutes), defaults.minutes)
    .option('--outbox-outside-scripts', 'a control that must fail: append to the outbox after the script instead of in it')
    .parse(args, { from: 'user' })
    .opts<Omit<ChaosOptions, 'seed'> & { seed?: number }>();
  return { ...given, seed, outboxOutsideScripts };
}
