import { Command, InvalidArgumentError, Option } from 'commander';
import { attemptsWith } from './duplicates-table.ts';
import type { SaleOptions } from './hold-sale.ts';

/** What the command line asks for: one sale, or the table of duplicate attempts. */
export type Wanted = { kind: 'sale'; options: SaleOptions } | { kind: 'table'; options: Omit<SaleOptions, 'buyers'> };

const defaults = { seats: 50_000, buyers: 65_000, connections: 500 };
/** Those of the published figures that it is compared with. */
const tableDefaults = { seats: 78_000, connections: 1_000 };

const most = { seats: 200_000, buyers: 500_000, duplicates: 1_000, connections: 5_000, seed: 2 ** 32 - 1 };

const integer = (least: number, greatest: number) => (text: string) => {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= least && value <= greatest) return value;
  throw new InvalidArgumentError(`It must be a whole number from ${least} to ${greatest}.`);
};

const newSeed = () => Math.floor(Math.random() * 1e6);

type Given = Partial<Record<'seats' | 'buyers' | 'duplicates' | 'connections' | 'seed', number>> & { best?: true; table?: true };

/** Reads the command line's arguments; what is wrong with them, or asked of it (--help), ends as commander has it. */
export function readOptions(args: string[], newCommand = new Command('flash-sale')): Wanted {
  const inTable = `; ${tableDefaults.seats} with --table`;
  const command = newCommand
    .description('Opens a new event, lets a crowd in, shows the sale as it goes, and judges it. Exit status 1: it was not right.')
    .addOption(
      new Option('--seats <count>', `seats of the event (default: ${defaults.seats}${inTable})`).argParser(
        integer(1, most.seats),
      ),
    )
    .addOption(
      new Option('--buyers <count>', `buyers, each of whom makes one attempt (default: 1.3 a seat, ${defaults.buyers})`)
        .argParser(integer(1, most.buyers))
        .conflicts('duplicates'),
    )
    .addOption(
      new Option('--duplicates <percent>', 'attempts beyond one a seat, in percent of the seats; instead of --buyers').argParser(
        integer(0, most.duplicates),
      ),
    )
    .option('--best', 'each buyer takes the best seat that is left in a zone, instead of a seat of their choice')
    .addOption(
      new Option(
        '--connections <count>',
        `requests at the same time (default: ${defaults.connections}; ${tableDefaults.connections} with --table)`,
      ).argParser(integer(1, most.connections)),
    )
    .addOption(
      new Option('--seed <number>', 'the same seed is the same crowd in the same order (default: a new one)').argParser(
        integer(0, most.seed),
      ),
    )
    .addOption(
      new Option(
        '--table',
        'one sale each for 10, 30, 50, 70, 90 and 110 % duplicate attempts, beside published figures',
      ).conflicts(['buyers', 'duplicates']),
    )
    .parse(args, { from: 'user' });
  const { table, duplicates, buyers, seed = newSeed(), best = false, ...given } = command.opts<Given>();
  if (table) return { kind: 'table', options: { ...tableDefaults, ...given, seed, best } };
  const { seats, connections } = { ...defaults, ...given };
  const attempts = buyers ?? attemptsWith(seats, duplicates ?? (100 * (defaults.buyers - defaults.seats)) / defaults.seats);
  if (attempts > most.buyers) command.error(`error: that would be ${attempts} buyers; the most are ${most.buyers}`);
  return { kind: 'sale', options: { seats, buyers: attempts, connections, seed, best } };
}
