import { Command, InvalidArgumentError, Option } from 'commander';
import type { ChaosOptions } from './chaos.ts';

const defaults = { faults: 300, buyers: 30, minutes: 20 };
const most = { faults: 100_000, buyers: 500, minutes: 24 * 60, seed: 2 ** 32 - 1 };

const integer = (least: number, greatest: number) => (text: string) => {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= least && value <= greatest) return value;
  throw new InvalidArgumentError(`It must be a whole number from ${least} to ${greatest}.`);
};

const newSeed = () => Math.floor(Math.random() * 1e6);

/** Reads the command line's arguments; what is wrong with them, or asked of it (--help), ends as commander has it. */
export function readOptions(args: string[], newCommand = new Command('chaos')): ChaosOptions {
  const command = newCommand
    .description(
      'Kills (-9), stops and cuts off every part of a system of its own while buyers buy, hold and cancel; then compares all that ' +
        'they were told with what there is. Exit status 1: it was not right.',
    )
    .addOption(
      new Option('--faults <count>', 'how many, two at a time').default(defaults.faults).argParser(integer(0, most.faults)),
    )
    .addOption(
      new Option('--seed <number>', 'the same seed is the same faults and the same wishes (default: a new one)').argParser(
        integer(0, most.seed),
      ),
    )
    .addOption(
      new Option('--buyers <count>', 'buyers at the same time').default(defaults.buyers).argParser(integer(1, most.buyers)),
    )
    .addOption(
      new Option('--minutes <count>', 'begin no more faults after that')
        .default(defaults.minutes)
        .argParser(integer(1, most.minutes)),
    )
    .option('--outbox-outside-scripts', 'a control, which must fail: append to the outbox after the script, and not in it')
    .parse(args, { from: 'user' });
  const {
    seed = newSeed(),
    outboxOutsideScripts = false,
    ...given
  } = command.opts<Omit<ChaosOptions, 'seed'> & { seed?: number }>();
  return { ...given, seed, outboxOutsideScripts };
}
